// Two pictures of one view: the slider uncovers the one before from the left.

const figure = document.getElementById("compare");
const slide = figure?.querySelector(".compare-slide");

if (slide) {
  const box = figure.querySelector(".compare-box");
  const range = slide.querySelector("input");
  slide.hidden = false;
  box.classList.add("stacked");
  const cut = () => box.style.setProperty("--cut", `${range.value}%`);
  range.addEventListener("input", cut);
  range.value = 50;
  cut();
}
