document.querySelectorAll("td.logo").forEach(drawLogo);
document.querySelectorAll("figure.table").forEach(startTable);
document.querySelectorAll("figure.heatmap").forEach(startHeatMap);
document.querySelectorAll("figure.tracks").forEach(startTracks);
