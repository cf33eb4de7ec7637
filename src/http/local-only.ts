// Who may ask for what is not meant for the network: only a connection from this machine, and only under a name of this
// machine. The second keeps a web page in somebody's browser from reading the daemon through a host name of its own that
// it points at 127.0.0.1 (DNS rebinding).

const LOOPBACK_ADDRESS = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;
const LOOPBACK_HOST = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)(:\d{1,5})?$/i;

export interface Asker {
  readonly remoteAddress: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** A page of another origin is refused too; a request without an Origin comes from no page. */
export const isLocal = ({ remoteAddress, host, origin }: Asker): boolean =>
  LOOPBACK_ADDRESS.test(remoteAddress ?? '') &&
  LOOPBACK_HOST.test(host ?? '') &&
  (origin === undefined || origin === `http://${host}`);
