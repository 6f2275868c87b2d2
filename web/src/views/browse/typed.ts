import { useEffect, useRef, useState } from "preact/hooks";

const quietMs = 300;

/** A text field's state that is handed on once the typing pauses. What comes from elsewhere replaces it. */
export function useTyped(value: string, commit: (value: string) => void): [string, (typed: string) => void] {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed.trim();
      commit(sent.current);
    }, quietMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped];
}
