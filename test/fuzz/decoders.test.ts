import test from 'ava';
import {isSoak, soakTimeout} from '../support/scale.js';
import {fuzz} from './fuzz.js';
import {targets} from './targets.js';

/** `npm run fuzz` does a million with another seed each time. */
const cases = isSoak ? 1_000_000 : 5000;

// One after another: they count what Buffer gives out.
for (const target of targets) {
	test.serial(`${target.name}: no hostile input crashes it, hangs it or takes memory beyond the limit`, async t => {
		soakTimeout(t, 1_200_000);
		await t.notThrowsAsync(fuzz(target, {seed: 20_261_127, first: 0, cases}));
	});
}
