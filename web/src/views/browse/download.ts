/** Hands a text to the reader as a file. */
export function download(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: type + ";charset=utf-8" }));
  link.download = name;
  link.click();
  // The browser takes the address up after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
