# Pareto pi-ps samples (Rosén 1997) in R: reads one line of probabilities for each stratum, draws each of them as often as
# asked, and writes how often each unit was taken, one line for each stratum.
#
# "package" is UPopips of the package "sampling" as it is. In version 2.9 it makes as many random numbers as the sample is
# large and uses them again for the units beyond: its probabilities are far off. "formula" is its own formula with a number
# for each unit.
suppressPackageStartupMessages(library(sampling))
given <- commandArgs(trailingOnly = TRUE)
draws <- as.integer(given[2])
set.seed(as.integer(given[3]))
formula <- function(p) {
  u <- runif(length(p))
  order(u * (1 - p) / ((1 - u) * p))[seq_len(round(sum(p)))]
}
draw <- if (given[4] == "package") function(p) UPopips(p, type = "pareto") else formula
for (line in readLines(given[1])) {
  p <- as.numeric(strsplit(line, " ")[[1]])
  hits <- numeric(length(p))
  for (n in seq_len(draws)) {
    taken <- draw(p)
    hits[taken] <- hits[taken] + 1
  }
  cat(hits, "\n")
}
