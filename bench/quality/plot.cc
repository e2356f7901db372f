// Inline SVG and tables.
#include "bench/quality/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace raakvlak::bench {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 280;
constexpr int kMargin = 40;
constexpr std::size_t kBars = 48;

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string Number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%.4g", value);
  return buffer;
}

std::string Text(double x, double y, const std::string& text, std::string_view anchor = "middle") {
  return "<text x='" + Number(x) + "' y='" + Number(y) + "' text-anchor='" + std::string(anchor) +
         "'>" + Escape(text) + "</text>\n";
}

std::string Open(std::string_view label) {
  return "<svg role='img' aria-label='" + std::string(label) + "' viewBox='0 0 " +
         std::to_string(kWidth) + " " + std::to_string(kHeight) + "'>\n<path class='axis' d='M" +
         std::to_string(kMargin) + " 10V" + std::to_string(kHeight - kMargin) + "H" +
         std::to_string(kWidth - 10) + "'/>\n";
}

// Bars of a logarithmic count, right ones behind wrong ones.
std::string Histogram(const PlotData& data) {
  std::string out = Open("Match weights");
  if (data.ranked.empty()) return out + Text(kWidth / 2.0, kHeight / 2.0, "no pairs") + "</svg>";
  const double low = data.ranked.back().weight;
  const double high = std::max(data.ranked.front().weight, low + 1e-9);
  std::array<std::array<double, kBars>, 2> counts{};
  for (const WeighedPair& p : data.ranked) {
    const auto bar = static_cast<std::size_t>((p.weight - low) / (high - low) * (kBars - 1));
    counts[p.right ? 1 : 0][std::min(bar, kBars - 1)] += 1;
  }
  double most = 1;
  for (const auto& side : counts)
    most = std::max(most, *std::max_element(side.begin(), side.end()));
  const double plot_width = kWidth - kMargin - 10;
  const double plot_height = kHeight - kMargin - 10;
  for (const int side : {1, 0}) {
    for (std::size_t b = 0; b < kBars; ++b) {
      const double count = counts[static_cast<std::size_t>(side)][b];
      if (count == 0) continue;
      const double height = plot_height * std::log1p(count) / std::log1p(most);
      out += "<rect class='" + std::string(side == 1 ? "right" : "wrong") + "' x='" +
             Number(kMargin + plot_width * static_cast<double>(b) / kBars) + "' y='" +
             Number(kHeight - kMargin - height) + "' width='" + Number(plot_width / kBars - 1) +
             "' height='" + Number(height) + "'><title>" + Number(count) +
             (side == 1 ? " true" : " false") + "</title></rect>\n";
    }
  }
  if (data.threshold >= low && data.threshold <= high) {
    const double x = kMargin + plot_width * (data.threshold - low) / (high - low);
    out += "<path class='mark' d='M" + Number(x) + " 10V" + std::to_string(kHeight - kMargin) +
           "'/>\n" + Text(x + 4, 20, "threshold", "start");
  }
  out += Text(kMargin, kHeight - kMargin + 16, Number(low), "start");
  out += Text(kWidth - 10, kHeight - kMargin + 16, Number(high), "end");
  out += Text(kWidth / 2.0, kHeight - 6, data.weight_name);
  out += Text(kMargin - 4, 18, Number(most), "end");
  return out + "</svg>\n";
}

std::string Curve(const PlotData& data) {
  std::string out = Open("Precision against recall");
  const double plot_width = kWidth - kMargin - 10;
  const double plot_height = kHeight - kMargin - 10;
  double hits = 0;
  std::string path;
  const std::size_t step = std::max<std::size_t>(1, data.ranked.size() / 1000);
  for (std::size_t i = 0; i < data.ranked.size(); ++i) {
    hits += data.ranked[i].right ? 1 : 0;
    if (i % step != 0 && i + 1 != data.ranked.size()) continue;
    const double recall = data.true_pairs > 0 ? hits / data.true_pairs : 0;
    const double precision = hits / static_cast<double>(i + 1);
    path += (path.empty() ? "M" : "L") + Number(kMargin + plot_width * recall) + " " +
            Number(10 + plot_height * (1 - precision));
  }
  out += "<path class='curve' d='" + path + "'/>\n";
  for (const double tick : {0.0, 0.5, 1.0}) {
    out += Text(kMargin + plot_width * tick, kHeight - kMargin + 16, Number(tick));
    out += Text(kMargin - 4, 14 + plot_height * (1 - tick), Number(tick), "end");
  }
  out += Text(kWidth / 2.0, kHeight - 6, "recall (across), precision (up)");
  return out + "</svg>\n";
}

// Examples, those of one kind together.
std::string Mistakes(const PlotData& data) {
  if (data.mistakes.empty()) return "<p>None.</p>\n";
  std::string out = "<table><tr><th>Kind</th><th>Left</th><th>Right</th><th>Agreement</th></tr>\n";
  for (const Mistake& m : data.mistakes) {
    out += "<tr><td>" + Escape(m.kind) + "</td><td>" + Escape(m.left) + "</td><td>" +
           Escape(m.right) + "</td><td>" + Escape(m.detail) + "</td></tr>\n";
  }
  return out + "</table>\n";
}

}  // namespace

std::string RenderPlot(const PlotData& data) {
  std::string out =
      "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>" + Escape(data.title) +
      "</title>\n<style>body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
      "1rem;color:#222;background:#fff}svg{width:100%;height:auto}svg text{font-size:11px}"
      ".axis{stroke:#444;fill:none}.right{fill:#1b6ca8}.wrong{fill:#c8442b}.mark{stroke:#222;"
      "stroke-dasharray:4 3}.curve{stroke:#1b6ca8;stroke-width:2;fill:none}table{border-collapse:"
      "collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem;text-align:left;"
      "vertical-align:top;font-size:13px}</style></head>\n<body><h1>" +
      Escape(data.title) + "</h1>\n";
  if (!data.figures.empty()) {
    std::string names;
    std::string values;
    for (const auto& [name, value] : data.figures) {
      names += "<th>" + Escape(name) + "</th>";
      values += "<td>" + Number(value) + "</td>";
    }
    out += "<table><tr>" + names + "</tr><tr>" + values + "</tr></table>\n";
  }
  out += "<h2>Match weights</h2><p>Blue: true pairs; red: others; heights are logarithmic.</p>\n";
  out += Histogram(data) + "<h2>Precision and recall</h2>\n" + Curve(data);
  out += "<h2>Mistakes</h2>\n" + Mistakes(data);
  if (!data.plan.empty()) {
    out += "<h2>Blocking plan</h2>\n<ul>\n";
    for (const std::string& line : data.plan) out += "<li>" + Escape(line) + "</li>\n";
    out += "</ul>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace raakvlak::bench
