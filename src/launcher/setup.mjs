// Makes a clone ready to run: the dependencies of package-lock.json, a Node 24 if this one is older, and a
// dist that is built from the sources as they are. What is there already is recognised in some tens of
// milliseconds and left alone, so every npm script begins with it:
//
//   node src/launcher/setup.mjs [script [arguments…]]     gets ready, then runs the script on Node 24
//
// Whatever is made here is made aside and renamed into place, so an interrupted set-up leaves nothing half
// done; two at once take turns. Every failure ends with exit code 69 and a sentence that says what to do.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitUnavailable, findNode, nodeToBring, root, runOn, runtimeFolder } from './runtime.mjs';

/** A failure that the user can do something about; the message says what. */
class SetUpError extends Error {}

const steps = [
  {
    title: 'installing the locked dependencies',
    isDone: dependenciesAreInstalled,
    make: installDependencies,
  },
  { title: 'bringing a Node 24', isDone: () => findNode() !== undefined, make: bringNode },
  { title: 'building dist', isDone: distIsBuilt, make: buildDist },
];

async function setUp() {
  if (steps.every((step) => step.isDone())) return;
  const release = await takeTurn();
  try {
    // Asked again: while we waited for our turn, somebody else may have done it.
    for (const { title, isDone, make } of steps) {
      if (isDone()) continue;
      const startedAt = performance.now();
      say(`${title} …`);
      make();
      say(`${title}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    }
  } finally {
    release();
  }
}

// ---------------------------------------------------------------------------------------------- dependencies

/**
 * npm keeps a record of what it installed; no stamp of ours is needed, and an `npm ci` typed by hand counts
 * as well.
 */
function dependenciesAreInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) {
    throw new SetUpError(
      'package-lock.json is missing or damaged; restore it from git, then run the same command again',
    );
  }
  if (installed === undefined) return false;
  // npm's record leaves out the root ('') and the optional packages made for other platforms.
  const isAsWanted = Object.entries(wanted).every(([path, { integrity, optional }]) => {
    const found = installed[path];
    return found === undefined ? path === '' || optional : found.integrity === integrity;
  });
  return isAsWanted && Object.keys(installed).every((path) => path in wanted);
}

/** @param {string} lockFile */
function packagesOf(lockFile) {
  try {
    const lock = /** @type {{ packages?: Record<string, { integrity?: string, optional?: boolean }> }} */ (
      JSON.parse(readFileSync(lockFile, 'utf8'))
    );
    return lock.packages;
  } catch {
    return undefined;
  }
}

function installDependencies() {
  npmCi(root, ['--include=dev']);
}

// --------------------------------------------------------------------------------------------------- Node 24

/**
 * A lock file written here makes npm itself refuse every byte that is not the one whose digest runtime.mjs
 * names.
 */
function bringNode() {
  const published = nodeToBring();
  if (published === undefined) {
    throw new SetUpError(
      `no Node 24 can be brought to ${process.platform}-${process.arch}; install Node 24 or newer yourself, then run the same command again`,
    );
  }
  const { name, version, integrity, node, folder } = published;
  const incoming = incomingFolder();
  const project = { name: 'brought-node', version: '0.0.0', dependencies: { [name]: version } };
  const packages = { '': project, [`node_modules/${name}`]: { version, integrity } };
  const lock = { ...project, lockfileVersion: 3, packages };
  writeFileSync(join(incoming, 'package.json'), JSON.stringify(project));
  writeFileSync(join(incoming, 'package-lock.json'), JSON.stringify(lock));
  npmCi(incoming, []);

  const fetched = join(incoming, 'node_modules', name);
  const answer = spawnSync(join(fetched, node), ['--version'], { encoding: 'utf8' });
  if (answer.stdout?.trim() !== `v${version}`) {
    throw new SetUpError(
      `the Node ${version} that npm has does not run on this machine (${answer.error?.message ?? answer.stderr.trim()}); ` +
        'install Node 24 or newer yourself, then run the same command again',
    );
  }
  renameSync(fetched, folder);
}

// ------------------------------------------------------------------------------------------------------ dist

const dist = join(root, 'dist');
const compilerProject = 'src/launcher/tsconfig.build.json';

function distIsBuilt() {
  try {
    return readFileSync(join(dist, '.sources'), 'utf8') === digestOfSources();
  } catch {
    return false;
  }
}

/** By content, not by time: a git checkout sets times anew, and a deleted source leaves none behind. */
function digestOfSources() {
  const hash = createHash('sha256');
  const below = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).sort();
  const sources = below.filter((path) => path.endsWith('.ts')).map((path) => join('src', path));
  for (const path of [...sources, 'tsconfig.json', compilerProject]) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function buildDist() {
  const incoming = incomingFolder();
  const built = join(incoming, 'built');
  const digest = digestOfSources();
  const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', compilerProject, '--outDir', built];
  const { status, stdout, stderr } = spawnSync(process.execPath, compiler, { cwd: root, encoding: 'utf8' });
  if (status !== 0) {
    throw new SetUpError(
      `the sources do not compile; mend them, then run the same command again\n${stdout}${stderr}`,
    );
  }
  writeFileSync(join(built, '.sources'), digest);
  if (existsSync(dist)) renameSync(dist, join(incoming, 'former'));
  renameSync(built, dist);
}

// ------------------------------------------------------------------------------------------------------- npm

/**
 * What the commonest failures, npm's or our own, mean for whoever sees them. Each is followed by "run it
 * again".
 */
const remedies = /** @type {const} */ ([
  [/ENOSPC|EDQUOT/, 'the disk is full; free some space'],
  [/EACCES|EPERM|EROFS/, "a folder cannot be written; make this clone and npm's cache yours"],
  [
    /EINTEGRITY/,
    'what was fetched is not what this repository names, and none of it was kept; clear it with npm cache clean --force',
  ],
  [
    /EUSAGE/,
    'package.json and package-lock.json do not agree; restore both from git, or run npm install if you changed one',
  ],
  [/E404|ETARGET/, 'the package registry in use lacks a package; see npm config get registry'],
  [/E40[137]/, 'the package registry in use wants a login; see npm config get registry'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|CERT_|SSL/,
    'the package registry cannot be reached; check the network and npm config get proxy',
  ],
]);

/** @param {string} told */
function remedyOf(told) {
  return remedies.find(([pattern]) => pattern.test(told))?.[1];
}

/**
 * No install script of any package is run: none of ours needs one, and this is a program that holds a payment
 * token.
 * @param {string} folder
 * @param {readonly string[]} options
 */
function npmCi(folder, options) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // Under `npm start` npm says where it is; else it is on the path (as a .cmd file on Windows, which takes a
  // shell to start).
  const own = process.env['npm_execpath'];
  const throughNode = own !== undefined && /npm-cli\.c?js$/.test(own);
  const { error, status, stdout, stderr } = spawnSync(
    throughNode ? process.execPath : 'npm',
    [...(throughNode ? [own] : []), 'ci', '--ignore-scripts', '--engine-strict=false', ...options, ...quiet],
    { cwd: folder, encoding: 'utf8', shell: !throughNode && process.platform === 'win32' },
  );
  if (error !== undefined) {
    throw new SetUpError(
      'npm does not start; install it (it comes with Node), then run the same command again',
    );
  }
  if (status === 0) return;
  const told = `${stdout}${stderr}`;
  throw new SetUpError(
    `${remedyOf(told) ?? 'npm ci failed; mend what it says below'}, then run the same command again\n${told.trim()}`,
  );
}

// ---------------------------------------------------------------------------------------------- taking turns

/** A folder of our own for things in the making, empty, on the same disk as where they will go. */
function incomingFolder() {
  const folder = join(runtimeFolder, `incoming-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Waits until no other set-up is at work in this clone. The turn is a file with its owner's process id, which
 * appears whole (by a link) or not at all; that of an owner who is gone counts for nothing, and what such a
 * one left half made is swept away.
 */
async function takeTurn() {
  const turn = join(runtimeFolder, 'turn');
  const ticket = join(incomingFolder(), 'ticket');
  writeFileSync(ticket, String(process.pid));
  const giveUpAt = performance.now() + 10 * 60_000;
  for (let waited = false; ; waited = true) {
    try {
      linkSync(ticket, turn);
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const owner = ownerOf(turn);
    if (owner !== undefined && (owner === process.pid || !isAlive(owner))) {
      rmSync(turn, { force: true });
      continue;
    }
    if (performance.now() > giveUpAt) {
      throw new SetUpError(
        `another set-up (process ${owner ?? 'unknown'}) has been at work for ten minutes; if there is none, delete ${turn}, then run the same command again`,
      );
    }
    if (!waited) say(`another set-up is at work here (process ${owner ?? 'unknown'}); waiting for it …`);
    await sleep(200);
  }
  for (const name of readdirSync(runtimeFolder)) {
    const [, maker] = /^incoming-(\d+)$/.exec(name) ?? [];
    if (maker === undefined || isAlive(Number(maker))) continue;
    rmSync(join(runtimeFolder, name), { recursive: true, force: true });
  }
  return () => {
    rmSync(incomingFolder(), { recursive: true, force: true });
    rmSync(turn, { force: true });
  };
}

/** @param {string} turn */
function ownerOf(turn) {
  try {
    return Number(readFileSync(turn, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`bidkeeper set-up: ${text}\n`);
}

// ----------------------------------------------------------------------------------------------- the command

/**
 * What the user is told of a failure; a fault of our own is thrown on, with its stack.
 * @param {unknown} error
 */
function explain(error) {
  if (error instanceof SetUpError) return error.message;
  const code = codeOf(error);
  if (!(error instanceof Error) || code === undefined) throw error;
  return `${remedyOf(code) ?? 'mend what it says below'}, then run the same command again\n${error.message}`;
}

const [script, ...scriptArguments] = process.argv.slice(2);
try {
  await setUp();
} catch (error) {
  say(explain(error));
  process.exit(exitUnavailable);
}
const node = findNode();
if (script !== undefined && node !== undefined) await runOn(node, script, scriptArguments);
