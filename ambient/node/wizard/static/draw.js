// Areas on an outline: by touch, mouse or keyboard, each a polygon of 3 to 16 corners.
import { ask, complain, pathOf, room, svg, words } from "./api.js";

const WIDE = 1000;
const MOST = 16;
const STEP = 0.02;
const sheet = document.getElementById("paper");
const camera = document.getElementById("camera");
const kind = document.getElementById("kind");
const bed = document.getElementById("bed");
const owned = (area) => area === "bed" || area === "permitted";
const finish = document.getElementById("finish-area");
const undo = document.getElementById("undo");
const agree = document.getElementById("agree");
const showStill = document.getElementById("show-still");
const still = document.getElementById("still");
const missing = document.getElementById("missing");

const known = new Map(); // camera ► its areas
let outlines = new Map();
let corners = [];
let held = null;
let cross = [0.5, 0.5];
let high = 562;
let shown = "";

const within = (value) => Math.min(1, Math.max(0, value));
const areas = () => known.get(camera.value) ?? [];
const points = (polygon) => polygon.map(([x, y]) => `${x * WIDE},${y * high}`).join(" ");

function at(event) {
    const box = sheet.getBoundingClientRect();
    return [within((event.clientX - box.left) / box.width),
        within((event.clientY - box.top) / box.height)];
}

function put(point) {
    if (corners.length < MOST) corners.push(point.map((value) => Number(value.toFixed(4))));
    draw();
}

function name(area) {
    return words["area_" + area.area] + (area.bed ? ` (${area.bed})` : "");
}

function button(word, what, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = word;
    made.setAttribute("aria-label", `${word}: ${what}`);
    made.addEventListener("click", act);
    return made;
}

function line(text, ...made) {
    const item = document.createElement("li");
    const said = document.createElement("span");
    said.textContent = text;
    item.append(said, ...made);
    return item;
}

// Whose a bed is, as far as nobody said so: furniture that was found has no owner.
function owner(area, index) {
    if (area.area !== "bed" || area.bed || bed.options.length < 3) return [];
    const made = bed.cloneNode(true);
    made.removeAttribute("id");
    made.disabled = false;
    made.value = "";
    made.setAttribute("aria-label", `${words.whose_bed}: ${words.area_bed} ${index + 1}`);
    made.addEventListener("change", () => {
        area.bed = made.value || null;
        changed();
    });
    return [made];
}

// What is to be done still is the node's to say, of all cameras; only the newest answer counts.
let asked = 0;
let ownerless = [];
async function lack() {
    const turn = asked += 1;
    if (!camera.value) return;
    try {
        const lacks = await ask(`/api/missing/${room}/${camera.value}`, areas());
        if (turn !== asked) return;
        ownerless = lacks.ownerless;
        missing.textContent = [
            ...lacks.ownerless.map((number) => words.missing_owner.replace("{area}", number)),
            ...lacks.undrawn.length
                ? [words.missing_beds.replace("{beds}", lacks.undrawn.join(", "))] : [],
        ].join(" ");
    } catch (error) {
        complain(error.message);
    }
}

function changed() {
    draw();
    lack();
}

function drawAreas() {
    const shapes = areas().map((area) =>
        svg("polygon", { class: `area ${area.area}`, points: points(area.polygon) }));
    const found = outlines.get(camera.value)?.proposals ?? [];
    const dashed = found.map((one) =>
        svg("polygon", { class: "proposal", points: points(one.polygon) }));
    document.getElementById("drawn").replaceChildren(...dashed, ...shapes);
    document.getElementById("areas").replaceChildren(...areas().map((area, index) =>
        line(`${index + 1}. ${name(area)}`, ...owner(area, index),
            button(words.delete, name(area), () => {
                areas().splice(index, 1);
                changed();
            }))));
    document.getElementById("no-areas").hidden = areas().length > 0;
    document.getElementById("proposals").replaceChildren(...found.map((one) => {
        const what = `${words["area_" + one.kind]} ${Math.round(one.confidence * 100)} %`;
        return line(what, button(words.take, what, () => {
            const own = owned(one.kind) && bed.value ? bed.value : null;
            areas().push({ area: one.kind, polygon: one.polygon, bed: own });
            changed();
        }));
    }));
}

function draw() {
    drawAreas();
    const shape = svg("polygon", { class: "growing", points: points(corners) });
    const handles = corners.map(([x, y], index) => {
        const handle = svg("circle", {
            class: "handle", cx: x * WIDE, cy: y * high, r: 14, tabindex: 0, role: "button",
            "aria-label": `${words.corner} ${index + 1}`,
        });
        handle.addEventListener("pointerdown", (event) => {
            event.stopPropagation();
            held = index;
            sheet.setPointerCapture(event.pointerId);
        });
        return handle;
    });
    document.getElementById("growing").replaceChildren(shape, ...handles);
    const [x, y] = [cross[0] * WIDE, cross[1] * high];
    document.getElementById("cross").setAttribute("d",
        `M${x - 25},${y} L${x + 25},${y} M${x},${y - 25} L${x},${y + 25}`);
    finish.disabled = corners.length < 3;
    undo.disabled = corners.length === 0;
}

sheet.addEventListener("pointerdown", (event) => {
    if (event.button === 0) put(at(event));
});
sheet.addEventListener("pointermove", (event) => {
    if (held === null) return;
    corners[held] = at(event).map((value) => Number(value.toFixed(4)));
    draw();
});
sheet.addEventListener("pointerup", () => { held = null; });

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
sheet.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const handles = [...sheet.querySelectorAll(".handle")];
    const index = handles.indexOf(document.activeElement);
    if (move) {
        event.preventDefault();
        const moved = (index < 0 ? cross : corners[index])
            .map((value, axis) => within(value + STEP * move[axis]));
        if (index < 0) cross = moved; else corners[index] = moved;
        draw();
        if (index >= 0) sheet.querySelectorAll(".handle")[index].focus();
    } else if (event.key === "Enter" && index < 0) {
        event.preventDefault();
        put(cross);
    }
});

finish.addEventListener("click", () => {
    const own = owned(kind.value) && bed.value ? bed.value : null;
    areas().push({ area: kind.value, polygon: corners, bed: own });
    corners = [];
    changed();
    sheet.focus();
});
undo.addEventListener("click", () => { corners.pop(); draw(); });
kind.addEventListener("change", () => { bed.disabled = !owned(kind.value); });

async function choose() {
    corners = [];
    still.removeAttribute("href");
    if (!known.has(camera.value) && camera.value) {
        try {
            known.set(camera.value, await ask(`/api/areas/${room}/${camera.value}`));
        } catch (error) {
            complain(error.message);
        }
    }
    fit();
    lack();
}

function fit() {
    const found = outlines.get(camera.value);
    document.getElementById("gathering").hidden = found !== undefined;
    if (found) {
        high = WIDE / found.aspect;
        sheet.setAttribute("viewBox", `0 0 ${WIDE} ${high.toFixed(0)}`);
        still.setAttribute("height", high);
        sheet.querySelector(".edges").setAttribute("d", pathOf(found.strokes, WIDE, high));
    }
    // Lists are made anew only when they say something else: whoever is on a button stays there.
    const now = JSON.stringify([camera.value, high, found?.proposals]);
    if (now !== shown) draw();
    shown = now;
}

camera.addEventListener("change", choose);

document.getElementById("save").addEventListener("click", async () => {
    const saved = document.getElementById("saved");
    saved.textContent = "";
    if (ownerless.length > 0) {
        complain(ownerless.map((one) => words.missing_owner.replace("{area}", one)).join(" "));
        return;
    }
    try {
        const { version } = await ask(`/api/areas/${room}/${camera.value}`, areas());
        saved.textContent = words.saved.replace("{version}", version);
        complain("");
    } catch (error) {
        complain(error.message);
    }
});

agree.addEventListener("change", () => { showStill.disabled = !agree.checked; });
showStill.addEventListener("click", async () => {
    try {
        const { seconds } = await ask(`/api/still/${room}/${camera.value}`, { everybody: true });
        agree.checked = false;
        showStill.disabled = true;
        complain("");
        await picture(camera.value, Date.now() + 1000 * seconds);
    } catch (error) {
        complain(error.message);
    }
});

async function picture(of, until) {
    // The camera's process takes the next frame only after it has read the agreement.
    for (let tries = 0; tries < 15; tries += 1) {
        const answer = await fetch(`/still/${room}/${of}`);
        if (answer.ok) {
            const url = URL.createObjectURL(await answer.blob());
            still.setAttribute("href", url);
            setTimeout(() => {
                still.removeAttribute("href");
                URL.revokeObjectURL(url);
            }, until - Date.now());
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 700));
    }
    complain(words.lost);
}

export const paper = {
    load(found) { outlines = found; choose(); },
    outlined(of) { if (of === camera.value) fit(); },
};
