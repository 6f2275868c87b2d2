// Makes the MongoDB of compose.yaml ready, however often it runs: the replica set is
// initiated once, and the user of filavip has the password that .env says.
'use strict';

const host = 'mongo:27017';
const name = 'filavip';
const tries = 90; // a second apart

function attempt() {
  const root = encodeURIComponent(process.env.MONGO_ROOT_PASSWORD);
  const client = new Mongo(`mongodb://root:${root}@${host}/admin?directConnection=true&serverSelectionTimeoutMS=2000`);
  try {
    const admin = client.getDB('admin');
    initiate(admin);
    if (!admin.hello().isWritablePrimary) {
      throw new Error('it is not primary yet');
    }
    grant(client.getDB(name));
  } finally {
    client.close();
  }
}

function initiate(admin) {
  try {
    admin.runCommand({ replSetGetStatus: 1 });
  } catch (err) {
    if (err.codeName !== 'NotYetInitialized') {
      throw err;
    }
    admin.runCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    print('The replica set rs0 is initiated.');
  }
}

// grant gives the user what filavip does: read, write, and make indexes, in one database.
function grant(db) {
  const user = { pwd: process.env.MONGO_APP_PASSWORD, roles: [{ role: 'readWrite', db: name }] };
  if (db.getUser(name)) {
    db.updateUser(name, user);
  } else {
    db.createUser({ user: name, ...user });
  }
  print(`The user ${name} may read and write the database ${name}.`);
}

function main() {
  for (let i = 1; i <= tries; i++) {
    try {
      attempt();
      return 0;
    } catch (err) {
      if (err.codeName === 'AuthenticationFailed') {
        print('MongoDB does not take MONGO_ROOT_PASSWORD: its volume was made with another .env, or its first start was cut short. ' +
          'Put that .env back, or, if the volume holds nothing yet, remove it: docker compose down --volumes');
        return 1;
      }
      print(`MongoDB is not ready (${i} of ${tries}): ${err.message}`);
      sleep(1000);
    }
  }
  return 1;
}

quit(main());
