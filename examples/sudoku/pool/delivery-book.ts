import type {RemoteToken} from 'cotcp';
import type {Delivery} from './messages.js';

/** A client whom the threads answer themselves. */
export interface Client {
	readonly token: RemoteToken;
	/** So many answers are no longer on their way. `isLost`: nobody knows whether they have gone out. */
	onSent(count: number, isLost: boolean): void;
}

export interface Reply {
	readonly client: Client;
	readonly id: string;
}

/** What one thread has to send, from the batch to the connection's queue. */
export class DeliveryBook {
	readonly #unsent = new Map<number, {readonly client: Client; readonly count: number}>();
	#lastNumber = 0;

	/** One for each client in the batch. */
	deliveriesOf(jobs: ReadonlyArray<{readonly reply: Reply | undefined}>): Delivery[] {
		const byClient = new Map<Client, {indices: number[]; ids: string[]}>();
		for (const [index, {reply}] of jobs.entries()) {
			if (reply === undefined) continue;
			const {client, id} = reply;
			let one = byClient.get(client);
			if (one === undefined) byClient.set(client, (one = {indices: [], ids: []}));
			one.indices.push(index);
			one.ids.push(id);
		}

		return Array.from(byClient, ([client, lists]) => {
			const number = ++this.#lastNumber;
			this.#unsent.set(number, {client, count: lists.ids.length});
			return {number, token: client.token, ...lists};
		});
	}

	/** The thread has died before it has begun with them: they are somebody else's. */
	withdraw(deliveries: readonly Delivery[]): void {
		for (const {number} of deliveries) this.#unsent.delete(number);
	}

	settle(numbers: Iterable<number>, isLost: boolean): void {
		for (const number of numbers) {
			const one = this.#unsent.get(number);
			this.#unsent.delete(number);
			one?.client.onSent(one.count, isLost);
		}
	}

	/** There is no thread any more that could send what it has begun with. */
	loseAll(): void {
		this.settle([...this.#unsent.keys()], true);
	}
}
