// The steps of a room: outlines with people as lines, drawing, the walk, the certificate.
import { ask, complain, pathOf, room, svg, takeBack, words } from "./api.js";
import { paper } from "./draw.js";

const WIDE = 1000;
const figures = [...document.querySelectorAll("figure[data-camera]")];
const outlines = new Map();
paper.load(outlines);

async function outline(figure) {
    const camera = figure.dataset.camera;
    const found = await ask(`/api/outline/${room}/${camera}`);
    if (!found.pictures) return;
    const high = WIDE / found.aspect;
    const drawing = figure.querySelector("svg");
    drawing.setAttribute("viewBox", `0 0 ${WIDE} ${high.toFixed(0)}`);
    drawing.querySelector(".edges").setAttribute("d", pathOf(found.strokes, WIDE, high));
    outlines.set(camera, found);
    paper.outlined(camera);
}

async function people() {
    const found = await ask(`/api/people/${room}`);
    document.getElementById("left").textContent = Math.round(found.left_s / 60);
    for (const figure of figures) {
        const camera = figure.dataset.camera;
        const there = found.people.filter((person) => person.camera === camera);
        const [, , wide, high] = figure.querySelector("svg").getAttribute("viewBox").split(" ");
        const group = figure.querySelector(".people");
        group.replaceChildren(...there.flatMap((person) => person.lines.map(([a, b]) =>
            svg("line", { x1: a[0] * wide, y1: a[1] * high, x2: b[0] * wide, y2: b[1] * high }))));
        figure.querySelector(".count").textContent = there.length;
        figure.querySelector(".view").textContent = words["view_" + found.views[camera]] ?? "…";
    }
}

// One question after another, so that a slow node is not asked faster than it answers.
async function again(what, wait) {
    let told = "";
    for (;;) {
        try {
            await what();
            if (told) takeBack(told);
            told = "";
        } catch (error) {
            told = error.message;
            complain(told);
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
    }
}

again(people, 400);
again(async () => { for (const figure of figures) await outline(figure); }, 1500);

for (const figure of figures) {
    const mount = figure.querySelector(".mount");
    let saved = mount.value;
    mount.addEventListener("change", async () => {
        const told = figure.querySelector(".hung");
        told.textContent = "";
        try {
            const path = `/api/mount/${room}/${figure.dataset.camera}`;
            const { version } = await ask(path, { mount: mount.value });
            saved = mount.value;
            told.textContent = words.saved.replace("{version}", version);
            complain("");
        } catch (error) {
            mount.value = saved; // what the page shows is what the node has
            complain(error.message);
        }
    });
}

// -- the walk --

const light = document.getElementById("light");
const stations = document.getElementById("stations");
let running = null;

function show(judged, when) {
    const item = stations.querySelector(`[data-station=${judged.station}]`);
    const result = item.querySelector(`.result[data-light=${when}]`);
    const senses = judged.verdicts.map((one) => `${one.source} ${words["why_" + one.why]}`);
    result.textContent =
        `${words["light_" + when]}: ${words["covered_" + judged.covered]} – ${senses.join("; ")}`;
    result.className = "result " + (judged.covered === "yes" ? "good" : "bad");
    result.dataset.covered = judged.covered;
}

for (const item of stations.children) {
    const button = item.querySelector(".go");
    const name = item.querySelector(".name").textContent;
    const label = (word) => {
        button.textContent = word;
        button.setAttribute("aria-label", `${word}: ${name}`);
    };
    button.addEventListener("click", async () => {
        try {
            if (running === null) {
                await ask(`/api/walk/${room}/begin`,
                    { station: item.dataset.station, light: light.value });
                running = item;
                label(words.done);
                item.setAttribute("aria-current", "step");
            } else if (running === item) {
                const when = light.value;
                show(await ask(`/api/walk/${room}/end`, {}), when);
                running = null;
                label(words.begin);
                item.removeAttribute("aria-current");
            }
            light.disabled = running !== null;
            complain("");
        } catch (error) {
            complain(error.message);
        }
    });
}

for (const { light: when, judged } of await ask(`/api/walk/${room}`)) show(judged, when);

document.getElementById("finish").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
        await ask(`/api/finish/${room}`, {
            by: document.getElementById("by").value,
            short: document.getElementById("short").checked,
        });
        location.assign(`/certificate/${room}`);
    } catch (error) {
        complain(error.message);
    }
});
