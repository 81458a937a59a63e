// A picture for the citizen: chosen, pasted or dragged in, looked at, then sent.

import { upload } from "./api.js";
import { $, newKey, setHidden, setText } from "./dom.js";

const TYPES = ["image/jpeg", "image/png", "image/gif"];
const MOST_BYTES = 10 * 1024 * 1024;
let chosen = null; // {file, key, id}
let acts = {};

// `acts`: {id(), may(), trouble(words), after()}
export function preparePicture(given) {
  acts = given;
  const input = $("picture-file");
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  $("words").addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  const pane = document.querySelector(".talk-pane");
  pane.addEventListener("dragover", (event) => {
    if (!acts.may() || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    pane.classList.add("dropping");
  });
  pane.addEventListener("dragleave", (event) => !pane.contains(event.relatedTarget) && pane.classList.remove("dropping"));
  pane.addEventListener("drop", (event) => {
    pane.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(pictureIn(event.dataTransfer) || event.dataTransfer.files[0]);
  });
  $("picture-send").addEventListener("click", send);
  $("picture-drop").addEventListener("click", () => {
    drop();
    $("words").focus();
  });
}

const pictureIn = (data) => [...(data?.files || [])].find((file) => TYPES.includes(file.type));

async function take(file) {
  if (!file) return;
  if (!acts.may()) return acts.trouble("接入以后，在“回复市民”里才能发图片。");
  if (!TYPES.includes(file.type)) return acts.trouble("只能发 JPG、PNG 或 GIF 图片。");
  if (file.size > MOST_BYTES) return acts.trouble("图片超过 10 MB，微信不收。请先压缩一下。");
  try {
    await draw(file);
  } catch {
    return acts.trouble("这张图片打不开，换一张试试。");
  }
  acts.trouble("");
  chosen = { file, key: newKey(), id: acts.id() };
  setText($("picture-name"), `${file.name} · ${(file.size / 1024).toFixed(0)} KB`);
  setHidden($("picture"), false);
  $("picture-send").focus();
}

// Drawn, not linked: the page may load pictures from the server only.
async function draw(file) {
  const image = await createImageBitmap(file);
  const canvas = $("picture").querySelector("canvas");
  const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  image.close();
}

export function drop() {
  chosen = null;
  setHidden($("picture"), true);
}

async function send() {
  if (!chosen) return;
  const { file, key, id } = chosen;
  if (id !== acts.id()) return drop();
  const form = new FormData();
  form.append("picture", file);
  form.append("key", key);
  $("picture-send").disabled = true;
  try {
    await upload("picture", { id }, form);
    drop();
    acts.trouble("");
    $("words").focus();
  } catch (error) {
    acts.trouble(error.words);
  }
  $("picture-send").disabled = false;
  acts.after();
}
