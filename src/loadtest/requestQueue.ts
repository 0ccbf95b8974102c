import type { DueRequest } from "./generator.ts";

/** First in, first out, with cheap removal at the head: a stalled target makes it tens of thousands long. */
export class RequestQueue {
  private items: DueRequest[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(request: DueRequest): void {
    this.items.push(request);
  }

  peek(): DueRequest | undefined {
    return this.items[this.head];
  }

  shift(): DueRequest | undefined {
    const item = this.items[this.head];
    if (item === undefined) return undefined;
    this.head++;
    if (this.head >= 4096 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  clear(): void {
    this.items = [];
    this.head = 0;
  }
}
