// @ts-check
/**
 * Does a task again and again while the page is visible.  Failures make the
 * pauses longer; becoming visible or online again starts at once.
 */
export class Poller {
	/**
	 * @param {() => Promise<unknown>} task  a rejection counts as failure
	 * @param {{ interval?: number, longest?: number,
	 *     doc?: { hidden: boolean, addEventListener: any,
	 *     removeEventListener: any }, win?: any }} [options]
	 */
	constructor(task, options = {}) {
		this.task = task;
		this.interval = options.interval ?? 5000;
		this.longest = options.longest ?? 60000;
		this.doc = options.doc ?? document;
		this.win = options.win ?? window;
		this.failures = 0;
		this.running = false;
		this.resting = false;
		this.busy = false;
		/** @type {any} */
		this.timer = null;
		this.wake = () => {
			if (!this.doc.hidden)
				this.now();
			else
				this.clear();
		};
	}

	/** Waits one interval before the first time: the caller has just loaded, and past failures are past. */
	start() {
		this.resting = false;
		this.failures = 0;
		if (!this.running) {
			this.running = true;
			this.doc.addEventListener('visibilitychange', this.wake);
			this.win.addEventListener('online', this.wake);
		}
		this.plan();
	}

	stop() {
		this.running = false;
		this.doc.removeEventListener('visibilitychange', this.wake);
		this.win.removeEventListener('online', this.wake);
		this.clear();
	}

	/** Nothing by itself until the page is looked at again. */
	rest() {
		this.resting = true;
		this.clear();
	}

	clear() {
		if (this.timer !== null)
			this.win.clearTimeout(this.timer);
		this.timer = null;
	}

	/** ms until the next time */
	pause() {
		return Math.min(this.interval * 2 ** this.failures, this.longest);
	}

	plan() {
		this.clear();
		if (this.running && !this.resting && !this.doc.hidden)
			this.timer = this.win.setTimeout(() => this.now(), this.pause());
	}

	async now() {
		this.clear();
		if (!this.running || this.busy)
			return;
		this.busy = true;
		try {
			await this.task();
			this.failures = 0;
			this.resting = false;
		} catch {
			this.failures = Math.min(this.failures + 1, 10);
		} finally {
			this.busy = false;
			this.plan();
		}
	}
}
