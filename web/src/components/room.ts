import { useEffect, useState } from "preact/hooks";

/** The window's height less what else is on the page, and never below `least`: the height of a table that fills a page. */
export function useRoom(taken: number, least = 360): number {
  const [height, setHeight] = useState(innerHeight);
  useEffect(() => {
    const resized = () => setHeight(innerHeight);
    addEventListener("resize", resized);
    return () => removeEventListener("resize", resized);
  }, []);
  return Math.max(least, height - taken);
}
