// Questions to the node, and what it says when it cannot answer.
const place = document.getElementById("room");
export const room = place.dataset.room;
export const words = JSON.parse(place.dataset.words);
const trouble = document.getElementById("trouble");

export function complain(text) {
    trouble.textContent = text;
    trouble.hidden = text === "";
    if (text) trouble.scrollIntoView({ block: "nearest" });
}

// What somebody was told stays until something they do succeeds; a loop takes back its own only.
export function takeBack(text) {
    if (trouble.textContent === text) complain("");
}

export async function ask(path, body) {
    const options = body === undefined ? {} : {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
    };
    let answer, said;
    try {
        answer = await fetch(path, options);
        if (answer.status === 401) location.assign("/");
        said = await answer.json();
    } catch {
        throw new Error(words.lost);
    }
    if (!answer.ok) throw new Error(answer.status === 503 ? words.lost : said.detail);
    return said;
}

export function svg(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
}

export const pathOf = (strokes, width, height) => strokes.map((stroke) =>
    "M" + stroke.map(([x, y]) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" ")
).join(" ");
