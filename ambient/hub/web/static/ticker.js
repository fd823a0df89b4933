// Ticks twice a second; timers of a worker are not slowed down in a background tab.
setInterval(() => postMessage(0), 500);
