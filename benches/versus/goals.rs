//! What is wanted of a row.

use crate::compare::{Measured, Spread};

#[derive(Clone, Copy)]
pub struct Goal {
    pub figure: Figure,
    pub bound: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Ratios of ours to the other's, at most.
    Wall,
    Cpu,
    Peak,
    /// MiB that ours takes more than the other, at most.
    PeakMore,
    /// How many times as many calls ours makes in a second of CPU time, at least.
    CallsPerCpu,
}

impl Goal {
    pub fn name(self) -> &'static str {
        match self.figure {
            Figure::Wall => "wall",
            Figure::Cpu => "CPU",
            Figure::Peak => "peak RSS",
            Figure::PeakMore => "peak RSS, MiB more",
            Figure::CallsPerCpu => "calls per CPU second",
        }
    }

    pub fn text(self) -> String {
        match self.figure {
            Figure::CallsPerCpu => format!("≥ {:.0}×", self.bound),
            Figure::PeakMore => format!("≤ {:.1}", self.bound),
            _ => format!("≤ {:.2}", self.bound),
        }
    }

    pub fn measured(self, measured: &Measured) -> Spread {
        match self.figure {
            Figure::Wall => measured.wall,
            Figure::Cpu => measured.cpu,
            Figure::Peak => measured.peak,
            Figure::PeakMore => measured.peak_more,
            Figure::CallsPerCpu => measured.cpu.inverse(),
        }
    }

    pub fn is_met(self, measured: &Measured) -> bool {
        let median = self.measured(measured).median;
        match self.figure {
            Figure::CallsPerCpu => median >= self.bound,
            _ => median <= self.bound,
        }
    }
}
