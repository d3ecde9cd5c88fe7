using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>Finds tasks that must exist.</summary>
internal static class TasksOfCatalog
{
    extension(ITaskRows tasks)
    {
        /// <summary>The task with a name.</summary>
        /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
        public TaskInfo Info(string name) => tasks.Find(name) ?? throw Missing(name);

        /// <summary>The row of the task with a name.</summary>
        /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>.</exception>
        public long IdOf(string name) => tasks.FindId(name) ?? throw Missing(name);
    }

    /// <summary>The error for a name without a task.</summary>
    public static FishException Missing(string name) => new(
        ErrorCode.TaskNotFound, name.Length <= 128 ? name : name[..128], "There is no such task.", "Make it first, or list the tasks.");
}
