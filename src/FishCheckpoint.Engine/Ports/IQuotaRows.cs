
namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about quotas of tasks and keys.</summary>
internal interface IQuotaRows
{
    /// <summary>Refuses what has made a task's checkpoints take more than its quota.</summary>
    void RequireTask(string task);

    /// <summary>Refuses what has made a key's checkpoints and bases take more than its quota.</summary>
    void RequireKey(string? key);

    /// <summary>The key that a step's checkpoint was saved with.</summary>
    string? SaverAt(string task, long step);

    /// <summary>The key that a checkpoint was saved with.</summary>
    string? SaverOf(long checkpoint);

    /// <summary>The keys that the visible checkpoints of a task were saved with.</summary>
    List<string> SaversOf(string task);
}
