// Shows masked fields in place, so that nothing typed elsewhere on the page is lost. Without it the form itself works.
const token = document.querySelector('meta[name="csrf"]').content;
const shown = document.querySelector("#shown");
const toast = document.querySelector("#toast");

function show(parts) {
  let first = null;
  for (const part of document.querySelectorAll("[data-part]")) {
    if (!(part.dataset.part in parts)) continue;
    part.textContent = parts[part.dataset.part];
    part.classList.remove("veiled");
    first ??= part;
  }
  return first;
}

async function reveal(form) {
  const field = form.dataset.reveal;
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    body: JSON.stringify({ field }),
  });
  if (!answer.ok) throw new Error(answer.status);
  const first = show((await answer.json()).parts);
  for (const done of document.querySelectorAll(`form[data-reveal="${field}"]`)) done.remove();
  shown.textContent = "已显示，并记入审计。";
  first.tabIndex = -1;
  first.focus();
}

for (const form of document.querySelectorAll("form[data-reveal]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    toast.hidden = true;
    try {
      await reveal(form);
    } catch {
      button.disabled = false;
      toast.textContent = "没有显示出来，请刷新页面再试。";
      toast.hidden = false;
    }
  });
}
