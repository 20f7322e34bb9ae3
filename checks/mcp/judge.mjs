// Reads what the conformance suite has found, and says whether all of it is good:
//   node judge.mjs REQUIREMENTS.yaml RESULTS
// Good is: each scenario that the revision asks of a server was run, scored or not; every check of it passed, and none
// failed or warned. Informative checks are neither.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const SCORED = 30;
const NOT_SCORED = 3;

// What the polling scenario shows: an id before any message, a pause, and the answer on the resumed stream.
const POLLING = 'server-sse-polling';
const POLLING_CHECKS = 3;

const [requirements, results] = process.argv.slice(2);
const faults = [];

const yaml = readFileSync(requirements, 'utf8').split('\n');
const scored = [];
const unscored = [];
let section = '';
let scenario = '';
for (const line of yaml) {
  if (/^\w+:/.test(line)) section = line.split(':')[0];
  const named = /^\s+- scenario: (\S+)/.exec(line);
  const item = /^\s+- (\S+)$/.exec(line);
  if (section === 'server' && item) scored.push(item[1]);
  if (section === 'not_scored' && named) scenario = named[1];
  if (section === 'not_scored' && /^\s+leg: server$/.test(line)) unscored.push(scenario);
}
if (scored.length !== SCORED || unscored.length !== NOT_SCORED) {
  faults.push(`${scored.length} scenarios are scored and ${unscored.length} not; ${SCORED} and ${NOT_SCORED} were expected`);
}

const folders = readdirSync(results);
let passed = 0;
for (const name of [...scored, ...unscored]) {
  // A folder is the leg, the scenario and the time.
  const folder = folders.find((each) => each.startsWith(`server-${name}-2`));
  if (!folder) {
    faults.push(`${name}: was not run`);
    continue;
  }
  const checks = JSON.parse(readFileSync(join(results, folder, 'checks.json'), 'utf8'));
  const good = checks.filter((check) => check.status === 'SUCCESS');
  passed += good.length;
  if (good.length === 0) faults.push(`${name}: nothing was checked`);
  if (name === POLLING && good.length !== POLLING_CHECKS) {
    faults.push(`${name}: ${good.length} of ${POLLING_CHECKS} checks passed`);
  }
  for (const check of checks) {
    if (check.status !== 'SUCCESS' && check.status !== 'INFO') {
      faults.push(`${name}: ${check.id}: ${check.status}: ${check.errorMessage ?? ''}`);
    }
  }
}

console.log(
  `${scored.length} scored and ${unscored.length} unscored scenarios, ${passed} checks passed, ${faults.length} faults`);
for (const fault of faults) console.log(fault);
process.exit(faults.length === 0 ? 0 : 1);
