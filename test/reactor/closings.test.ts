import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {CloseInfo, CloseReason} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {
	faultsOfLog,
	ownDeeds,
	peerDeeds,
	places,
	play,
	type OwnDeed,
	type PeerDeed,
	type Place,
	type Script,
	type Story,
} from './script.js';

checkDescriptors(test);

type Row = readonly [
	title: string,
	own: ReadonlyArray<readonly [Place, OwnDeed]>,
	peer: readonly PeerDeed[],
	/** With onEnd; a `written` counts only where it stands in the row. */
	log: string,
	reason: CloseReason,
];

const rows: readonly Row[] = [
	// the peer first
	[
		'the peer says something and ends',
		[['end', 'shutdown']],
		['say', 'wait', 'end'],
		'up message end down close',
		'closed',
	],
	['the peer ends at once', [['end', 'shutdown']], ['end'], 'up end down close', 'closed'],
	['its last words come with its end', [['end', 'shutdown']], ['say', 'end'], 'up message end down close', 'closed'],
	[
		'it ends first and still gets what is pending',
		[
			['message', 'send much'],
			['end', 'shutdown'],
		],
		['pause', 'say', 'end', 'wait'],
		'up message high end written down close',
		'closed',
	],
	['the peer resets', [], ['wait', 'reset'], 'up down close', 'broken'],
	['the peer says something and resets', [], ['say', 'wait', 'reset'], 'up message down close', 'broken'],
	['the peer ends and resets', [['end', 'startRead']], ['end', 'wait', 'reset'], 'up end down close', 'broken'],
	[
		'the peer resets with output pending',
		[['message', 'send much']],
		['pause', 'say', 'reset'],
		'up message? high? down close',
		'broken',
	],
	// this side first
	['this side ends in the up callback', [['up', 'shutdown']], ['wait', 'end'], 'up end down close', 'closed'],
	[
		'this side ends in a message',
		[['message', 'shutdown']],
		['say', 'wait', 'end'],
		'up message end down close',
		'closed',
	],
	['it ends, and the peer resets', [['up', 'shutdown']], ['wait', 'reset'], 'up down close', 'broken'],
	[
		'it ends, and the peer still says something',
		[['up', 'shutdown']],
		['wait', 'say', 'wait', 'end'],
		'up message end down close',
		'closed',
	],
	[
		'it sends much and ends at once',
		[
			['up', 'send much'],
			['up', 'shutdown'],
			['outside', 'shutdown'],
		],
		['wait', 'end'],
		'up high? written end down close',
		'closed',
	],
	['both end in one turn', [['outside', 'shutdown']], ['end'], 'up end down close', 'closed'],
	// by force
	['forceClose in the up callback', [['up', 'forceClose']], ['wait'], 'up down close', 'reset'],
	['forceClose in a message', [['message', 'forceClose']], ['say', 'wait'], 'up message down close', 'reset'],
	['forceClose in the end', [['end', 'forceClose']], ['end', 'wait'], 'up end down close', 'reset'],
	[
		'forceClose with output pending',
		[
			['message', 'send much'],
			['high', 'forceClose'],
		],
		['pause', 'say', 'wait'],
		'up message high down close',
		'reset',
	],
	[
		'forceClose in a message that came with the end',
		[['message', 'forceClose']],
		['say', 'end', 'wait'],
		'up message down close',
		'reset',
	],
	[
		'shutdown, then forceClose',
		[
			['up', 'shutdown'],
			['message', 'forceClose'],
		],
		['say', 'wait'],
		'up message down close',
		'reset',
	],
	[
		'forceClose in the turn in which the peer ends',
		[['outside', 'forceClose']],
		['end', 'wait'],
		'up down close',
		'reset',
	],
	[
		'forceClose in the turn in which the peer resets',
		[['outside', 'forceClose']],
		['reset', 'wait'],
		'up down close',
		'reset',
	],
	['forceClose after a delay', [['up', 'forceCloseWithDelay']], ['wait', 'wait'], 'up down close', 'reset'],
	[
		'another connection closes it in the same batch',
		[],
		['say', 'have the sibling close it', 'wait'],
		'up message? down close',
		'reset',
	],
	[
		'it is closed by force while reading is stopped',
		[
			['up', 'stopRead'],
			['outside', 'forceClose'],
		],
		['say', 'wait'],
		'up down close',
		'reset',
	],
	// handlers that fail
	...(['up', 'message', 'end', 'written', 'high'] as const).flatMap(place =>
		(['throw', 'reject'] as const).map((deed): Row => [
			`a handler ${deed}s in ${place}`,
			[
				['message', 'send much'],
				[place, deed],
			].slice(place === 'message' || place === 'up' ? 1 : 0) as never,
			place === 'end' ? ['say', 'end', 'wait'] : ['say', 'wait', 'wait'],
			`up ${place === 'up' ? '' : 'message '}${place === 'up' || place === 'message' ? '' : 'high? '}${
				place === 'written' ? 'written ' : place === 'end' ? 'written? end ' : ''
			}error down close`,
			'error',
		]),
	),
	[
		'a handler rejects in an end that came with a reset',
		[['end', 'reject']],
		['end', 'reset', 'wait'],
		'up end error down close',
		'broken',
	],
	// the server, the other face
	[
		'the server stops in the up callback',
		[['up', 'stop the server']],
		['wait', 'end'],
		'up end? down close',
		'closed',
	],
	[
		'the server stops in a message',
		[['message', 'stop the server']],
		['say', 'wait', 'end'],
		'up message end? down close',
		'closed',
	],
	[
		'the server stops in the end',
		[['end', 'stop the server']],
		['say', 'end', 'wait'],
		'up message end down close',
		'closed',
	],
	['it changes its face in the up callback', [['up', 'toAwaitable']], ['say', 'wait'], 'up down close', 'detached'],
	[
		'it changes its face in a message',
		[['message', 'toAwaitable']],
		['say', 'wait'],
		'up message down close',
		'detached',
	],
	[
		'it changes its face in a message that came with the end',
		[['message', 'toAwaitable']],
		['say', 'end', 'wait'],
		'up message down close',
		'detached',
	],
	[
		'it changes its face in the end',
		[['end', 'toAwaitable']],
		['say', 'end', 'wait'],
		'up message end down close',
		'detached',
	],
];

/** `?`: may be there. */
function fits(log: readonly string[], wanted: string): boolean {
	const pattern = wanted
		.split(' ')
		.filter(word => word !== '')
		.map(word => (word.endsWith('?') ? `(?:${word.slice(0, -1)} )*` : `${word} `));
	return new RegExp(`^${pattern.join('')}$`, 'u').test(`${log.join(' ')} `);
}

async function check(t: ExecutionContext, [, own, peer, wanted, reason]: Row, hasOnEnd: boolean): Promise<void> {
	const {log, info, faults} = await play({hasOnEnd, own, peer});
	t.deepEqual(faults, []);
	const expected = hasOnEnd ? wanted : wanted.replace(/ end\??/u, '');
	t.true(fits(log, expected), `${log.join(' ')}, expected ${expected}`);
	t.is(info?.reason, reason);
}

for (const row of rows) {
	const [title, own] = row;
	test.serial(title, async t => check(t, row, true));
	// What is done in onEnd cannot be done without it.
	if (own.every(([place]) => place !== 'end'))
		test.serial(`${title}, without onEnd`, async t => check(t, row, false));
}

/** The reasons that a script can bring about, beside `closed` and what its own end by the test's peer does. */
function reasonsOf({own, peer}: Script): Set<CloseReason> {
	const deeds = new Set(own.map(([, deed]) => deed));
	const reasons = new Set<CloseReason>(['closed', 'broken']);
	if (deeds.has('forceClose') || deeds.has('forceCloseWithDelay') || peer.includes('have the sibling close it'))
		reasons.add('reset');
	if (deeds.has('throw') || deeds.has('reject')) reasons.add('error');
	if (deeds.has('toAwaitable')) reasons.add('detached');
	if (deeds.has('send much')) reasons.add('maxPendingBytes');
	reasons.add('aborted');
	return reasons;
}

const scripts: fc.Arbitrary<Script> = fc.record({
	hasOnEnd: fc.boolean(),
	own: fc.array(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...ownDeeds)), {maxLength: 7}),
	peer: fc.array(fc.constantFrom(...peerDeeds), {maxLength: 7}),
});

test.serial(
	'whatever both sides do, in whatever order: up once, down once, onClose last, every error told once',
	async t => {
		const seen = new Set<string>();
		await fc.assert(
			fc.asyncProperty(scripts, async script => {
				// Plain errors: fast-check shows the script with them.
				const {faults, info, log}: Story = await play(script);
				if (faults.length > 0) throw new Error(faults.join('; '));
				const {reason} = info as CloseInfo;
				if (!reasonsOf(script).has(reason)) throw new Error(`${reason}: ${log.join(' ')}`);
				seen.add(reason);
			}),
			{numRuns: 150},
		);
		for (const reason of ['closed', 'broken', 'reset', 'error', 'detached']) t.true(seen.has(reason), reason);
	},
);

test('the state machine of this test finds what is wrong', t => {
	const wrong = [
		'',
		'up',
		'up down',
		'up up down close',
		'up down down close',
		'up down close close',
		'message down close',
	];
	wrong.push('up end message down close', 'up down message close', 'up down close written', 'up down error close');
	for (const log of wrong) t.not(faultsOfLog(log.split(' ').filter(Boolean) as never, true).length, 0, log);
	t.deepEqual(faultsOfLog(['up', 'message', 'end', 'written', 'error', 'down', 'close'], true), []);
	t.is(faultsOfLog(['up', 'end', 'down', 'close'], false).length, 1);
});
