// Runs init.js against a stand-in for MongoDB's shell: node --test deploy/mongo
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

const script = readFileSync(new URL('init.js', import.meta.url), 'utf8');

function failure(codeName) {
  return Object.assign(new Error(codeName), { codeName });
}

// server is a MongoDB that refuses so many connections, is elected at so many questions
// after it was initiated, and knows whatever users there were.
function server({ refuses = 0, electedAfter = 2, password = 'root-password', users = {}, initiated = null } = {}) {
  return { refuses, electedAfter, password, users, initiated };
}

function run(mongo) {
  const db = (name) => ({
    runCommand(command) {
      if (command.replSetGetStatus && !mongo.initiated) throw failure('NotYetInitialized');
      if (command.replSetInitiate) {
        assert.equal(mongo.initiated, null, 'initiated twice');
        mongo.initiated = command.replSetInitiate;
      }
    },
    hello: () => ({ isWritablePrimary: mongo.initiated !== null && mongo.electedAfter-- <= 0 }),
    getUser: (user) => mongo.users[`${name}.${user}`] ?? null,
    createUser({ user, ...rest }) {
      assert.equal(mongo.users[`${name}.${user}`], undefined, 'made twice');
      mongo.users[`${name}.${user}`] = rest;
    },
    updateUser(user, rest) {
      assert.ok(mongo.users[`${name}.${user}`], 'changed before it was made');
      mongo.users[`${name}.${user}`] = rest;
    },
  });
  class Mongo {
    constructor(uri) {
      if (mongo.refuses-- > 0) throw new Error('connect ECONNREFUSED');
      if (new URL(uri).password !== mongo.password) throw failure('AuthenticationFailed');
    }
    getDB = db;
    close() {}
  }
  const said = [];
  let status;
  runInNewContext(script, {
    Mongo, Error, encodeURIComponent,
    print: (line) => said.push(line),
    sleep: () => {},
    quit: (code) => { status = code; },
    process: { env: { MONGO_ROOT_PASSWORD: 'root-password', MONGO_APP_PASSWORD: 'app-password' } },
  });
  return { status, said: said.join('\n') };
}

const user = { pwd: 'app-password', roles: [{ role: 'readWrite', db: 'filavip' }] };
const plain = (value) => JSON.parse(JSON.stringify(value)); // of another realm

test('a new server is initiated once it answers, and the user made once it is primary', () => {
  const mongo = server({ refuses: 3 });
  assert.equal(run(mongo).status, 0);
  assert.deepEqual(plain(mongo.initiated), { _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] });
  assert.deepEqual(plain(mongo.users), { 'filavip.filavip': user });
});

test('run again it initiates nothing and sets the password', () => {
  const mongo = server({ initiated: { _id: 'rs0' }, users: { 'filavip.filavip': { pwd: 'old', roles: [] } } });
  assert.equal(run(mongo).status, 0);
  assert.deepEqual(mongo.initiated, { _id: 'rs0' });
  assert.deepEqual(plain(mongo.users), { 'filavip.filavip': user });
});

test('another password of root is told apart from a server that is slow', () => {
  const other = run(server({ password: 'another' }));
  assert.equal(other.status, 1);
  assert.match(other.said, /does not take MONGO_ROOT_PASSWORD/);
  assert.doesNotMatch(other.said, /root-password/);
});

test('it gives up at last', () => {
  assert.equal(run(server({ refuses: 1e6 })).status, 1);
  assert.equal(run(server({ electedAfter: 1e6 })).status, 1);
});
