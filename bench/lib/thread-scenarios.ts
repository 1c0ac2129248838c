/** Connections that are ended as soon as they have come, accepted by one loop or handed over to threads. It has servers of its own. */
export interface AcceptScenario {
	readonly kind: 'accept';
	readonly name: string;
	readonly title: string;
	/** Open at a time. */
	readonly connections: number;
	readonly limits: {
		/** CPU per connection of accepting for one thread to that of accepting for itself. */
		readonly maxCpuToOneLoop: number;
	};
}

/** Sudokus that take long, solved by one loop or by two. It has servers of its own. */
export interface LoopsScenario {
	readonly kind: 'loops';
	readonly name: string;
	readonly title: string;
	readonly connections: number;
	/** Requests in flight on each. */
	readonly depth: number;
	readonly limits: {
		/** Answers per second of two loops to those of one. */
		readonly minThroughputToOneLoop: number;
		/** Microseconds of CPU: with grids that cost less, the load would take the cores away from the server. */
		readonly minGridMicros: number;
		/** The load's share of a core. */
		readonly maxLoadBusy: number;
	};
}

export const threadScenarios: ReadonlyArray<AcceptScenario | LoopsScenario> = [
	{
		kind: 'accept',
		name: 'accept',
		title: 'Accepting, with hand-over to threads and without, 50 connections at a time',
		connections: 50,
		limits: {maxCpuToOneLoop: 1.2},
	},
	{
		kind: 'loops',
		name: 'loops',
		title: 'Two loops beside one, both cores, sudokus that take long, 4 connections, 16 in flight',
		connections: 4,
		depth: 16,
		limits: {minThroughputToOneLoop: 1.6, minGridMicros: 100, maxLoadBusy: 0.1},
	},
];
