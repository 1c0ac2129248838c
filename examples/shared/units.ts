export const KiB = 1024;
export const MiB = 1024 * KiB;

const byteUnits = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `512 bytes`, `1.5 MiB`. */
export function formatBytes(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < byteUnits.length - 1) {
		value /= 1024;
		unit++;
	}

	return `${unit === 0 ? value : value.toFixed(1)} ${byteUnits[unit]}`;
}

/** `4 s`, `2:05 min`, `1:02:05 h`; `?` when nobody can tell. */
export function formatSeconds(seconds: number): string {
	if (!Number.isFinite(seconds)) return '?';
	const whole = Math.ceil(seconds);
	if (whole < 60) return `${whole} s`;
	const two = (value: number) => String(value).padStart(2, '0');
	const minutes = Math.floor(whole / 60);
	if (minutes < 60) return `${minutes}:${two(whole % 60)} min`;
	return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)} h`;
}
