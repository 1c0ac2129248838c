import {listen} from 'cotcp';
import {lengthPrefixed} from 'cotcp/codec';
import {announceBoth, floodChunk, readHostileOptions} from './hostile-options.mjs';

const limits = readHostileOptions(
	'Answers frames, and floods those who connect to a second port; cotcp, coroutine face.',
);
const where = {port: 0, host: '127.0.0.1'};

const frames = await listen({...where, ...limits}, async connection => {
	const framed = connection.framed(lengthPrefixed());
	for await (const frame of framed) await framed.send(frame);
});
const flood = await listen({...where, ...limits}, async connection => {
	for (;;) await connection.send(floodChunk);
});
announceBoth(frames, flood);
