/** Waiting for facts: never for a time, but never for ever either. */

const mostMs = 60_000;

/** As `promise`, or a rejection that names what did not happen. */
export async function within<T>(promise: Promise<T>, what: string, ms: number = mostMs): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			reject(new Error(`Not within ${ms} ms: ${what}`));
		}, ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** Then a fact takes longer: looking for it in every turn would take a whole core from what brings it about. */
const turnsBeforeRest = 20;
const restMs = 1;

/** Resolves once `fact` is true; looks at it in every turn of the loop, later in every millisecond. */
export async function until(fact: () => boolean, what: string, ms: number = mostMs): Promise<void> {
	const end = performance.now() + ms;
	for (let turn = 0; !fact(); turn++) {
		if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${what}`);
		await (turn < turnsBeforeRest ? nextTurn() : rest());
	}
}

async function rest(): Promise<void> {
	return new Promise(resolve => {
		setTimeout(resolve, restMs);
	});
}

export async function nextTurn(): Promise<void> {
	return new Promise(resolve => {
		setImmediate(resolve);
	});
}

/** So many turns of the loop: what is under way in this process has come through. */
export async function turns(count: number): Promise<void> {
	for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** What a call rejected with, or threw; fails if it did neither. */
export async function reasonOf(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
	try {
		await within(typeof call === 'function' ? Promise.resolve(call()) : call, 'a rejection');
	} catch (error) {
		return error;
	}

	throw new Error('It did not reject');
}
