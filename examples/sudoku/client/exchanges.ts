import {messageOf} from '../../shared/errors.js';
import {Exchange, type AnswerHandlers, type Server} from './exchange.js';
import type {Tally} from './tally.js';

/** Opens so many connections at once. Rejects, with none left open, if one of them cannot be. */
export async function openExchanges(server: Server, count: number, grids: readonly string[]): Promise<Exchange[]> {
	const results = await Promise.allSettled(Array.from({length: count}, async () => Exchange.open(server, grids)));
	const opened = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
	const failed = results.find(result => result.status === 'rejected');
	if (failed === undefined) return opened;
	for (const exchange of opened) exchange.abandon();
	throw failed.reason;
}

/** Runs an exchange to its end, be it good or not; what it has lost is counted. */
export async function runExchange(
	exchange: Exchange,
	number: number,
	tally: Tally,
	handlers: AnswerHandlers,
): Promise<void> {
	try {
		await exchange.run(handlers);
	} catch (error) {
		const lost = exchange.pending;
		tally.failures++;
		tally.lost += lost;
		tally.report(`connection ${number + 1}: ${messageOf(error)}; ${lost} answers are lost`);
	}
}
