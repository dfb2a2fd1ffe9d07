"""When each job runs: once for its date, whatever crashed. How a job works inside is its own room's business."""

from scheduler.jobs import JOBS, Job, JobError, find
from scheduler.ledger import Outcome, recent, run_once
from scheduler.service import SchedulerService

__all__ = ["JOBS", "Job", "JobError", "Outcome", "SchedulerService", "find", "recent", "run_once"]
