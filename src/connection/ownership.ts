/** Which connection an error tells of: a handler that throws one of its own connection's outcomes has not failed. */
const owners = new WeakMap<object, object>();

export function own<Thrown>(error: Thrown, owner: object): Thrown {
	if (typeof error === 'object' && error !== null) owners.set(error, owner);
	return error;
}

/** It tells of some connection. */
export function isOwned(error: object): boolean {
	return owners.has(error);
}

export function isOwnedBy(error: unknown, owner: object): boolean {
	return typeof error === 'object' && error !== null && owners.get(error) === owner;
}
