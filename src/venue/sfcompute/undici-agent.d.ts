// undici's Agent by its own file. The package's index also loads its fetch, caches, mocks and web sockets, none of which is
// used here: that is a tenth of the start-up and five megabytes. The version is pinned, and the transport's tests would
// notice if the file moved.
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
