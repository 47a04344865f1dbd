"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const grey = "#828a93";
const layers = ["#0f7fbf", "#e07b00", "#1a9b6c", "#c2549a", "#9a7500", "#7a68d6", "#d2492a", "#5f8f1f"];
const several = data.runs.length > 1;

// Curves of the layers, each of its own colour, on a logarithmic axis: norms that explode or vanish do so layer by layer.
function isByLayer(chart) {
  return chart.metric === "critic_layers" || chart.metric === "critic_activations";
}

// One run's floor is grey beside its coloured curve; of several runs each keeps its colour, and the floor is dashed.
function colourOf(chart, line) {
  if (isByLayer(chart)) return layers[line.kind % layers.length];
  return !several && line.dashed ? grey : data.runs[line.run].colour;
}

function figureOf(range, logarithmic) {
  const figure = Bokeh.Plotting.figure({
    y_axis_type: logarithmic ? "log" : "linear",
    height: 260, sizing_mode: "stretch_width", min_border_right: 16, x_range: range, tools: "", toolbar_location: "above",
    background_fill_alpha: 0, border_fill_alpha: 0, outline_line_color: null, lod_threshold: null,
  });
  const zoom = new Bokeh.BoxZoomTool();
  const value = logarithmic ? "@y{0.00e+0}" : "@y{0.[00000]}";
  const tips = new Bokeh.HoverTool({ tooltips: several || logarithmic
    ? [["update", "@x{0,0}"], ["value", value], ["curve", "@name"]]
    : [["update", "@x{0,0}"], ["value", value]] });
  figure.add_tools(zoom, new Bokeh.PanTool(), new Bokeh.WheelZoomTool(), new Bokeh.ResetTool(), new Bokeh.SaveTool(), tips);
  figure.toolbar.logo = null;
  figure.toolbar.autohide = false;
  figure.toolbar.active_drag = zoom;
  figure.toolbar.active_scroll = null;  // so that the page can be scrolled past
  for (const axis of [...figure.xaxes, ...figure.yaxes]) {
    Object.assign(axis, {
      axis_line_color: grey, major_tick_line_color: grey, minor_tick_line_color: null, major_label_text_color: grey,
      axis_label_text_color: grey, axis_label_text_font_style: "normal",
    });
  }
  for (const axis of figure.xaxes) {
    axis.axis_label = "generator updates";
    axis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0" });
  }
  for (const grid of figure.center.filter((each) => each instanceof Bokeh.Grid)) {
    Object.assign(grid, { grid_line_color: grey, grid_line_alpha: 0.25 });
  }
  return figure;
}

function drawCharts() {
  const glyphs = data.runs.map(() => []);
  const document_ = new Bokeh.Document();
  const range = new Bokeh.Range1d({ start: 0, end: Math.max(data.updates, 1) });
  const places = [];
  for (const chart of data.charts) {
    const figure = figureOf(range, isByLayer(chart));
    for (const line of chart.lines) {
      const columns = { x: line.x, y: line.y.map((value) => value ?? NaN), name: [] };
      columns.name = columns.x.map(() => `${data.runs[line.run].name}, ${chart.kinds[line.kind]}`);
      const source = new Bokeh.ColumnDataSource({ data: columns });
      const look = { source, color: colourOf(chart, line), line_width: line.dashed ? 1.5 : 2 };
      if (line.dashed) look.line_dash = [5, 4];
      glyphs[line.run].push(figure.line({ field: "x" }, { field: "y" }, look));
      if (line.x.length <= 30) glyphs[line.run].push(figure.scatter({ field: "x" }, { field: "y" }, { source, color: look.color, size: 4 }));
    }
    const escaped = CSS.escape(chart.metric);
    for (const key of document.querySelectorAll(`.kinds i[data-chart="${escaped}"]`)) {
      const line = chart.lines.find((each) => each.kind === Number(key.dataset.kind));
      if (line && (!several || isByLayer(chart))) key.style.borderColor = colourOf(chart, line);
    }
    document_.add_root(figure);
    places.push(document.querySelector(`.plot[data-chart="${escaped}"]`));
  }
  for (const box of document.querySelectorAll("input[data-run]")) {
    box.addEventListener("change", () => {
      for (const other of document.querySelectorAll(`input[data-run="${box.dataset.run}"]`)) other.checked = box.checked;
      for (const glyph of glyphs[Number(box.dataset.run)]) glyph.visible = box.checked;
    });
  }
  window.curves = document_;
  return Bokeh.embed.add_document_standalone(document_, document.body, places);
}

function followSlider() {
  const slider = document.getElementById("update");
  if (!slider) return;
  const steps = slider.dataset.steps.split(" ").map(Number);
  const words = (update) => `update ${update.toLocaleString("en")}`;
  slider.addEventListener("input", () => {
    const update = steps[Number(slider.value)];
    document.querySelector(".slider output").textContent = words(update);
    for (const figure of document.querySelectorAll("figure[data-frames]")) {
      const { updates, uris } = data.frames[Number(figure.dataset.frames)];
      const place = Math.max(updates.findLastIndex((each) => each <= update), 0);
      figure.querySelector("img").src = uris[place];
      figure.querySelector(".at").textContent = words(updates[place]);
    }
  });
}

// A page of `lit-wgan report --serve` asks its server whether there is a newer one.
function followServer() {
  let tag = null;
  setInterval(async () => {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (!answer || !answer.ok) return;  // the server has ended, or the run's files are just being written
    const newest = answer.headers.get("ETag");
    if (tag !== null && newest !== tag) location.reload();
    tag = newest;
  }, 3000);
}

followSlider();
if (data.live) followServer();
if (data.charts.length) drawCharts();
