
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads quotas of tasks and keys.</summary>
internal interface IQuotaRows
{
    /// <summary>Throws if a task exceeds its quota after this transaction's changes.</summary>
    void RequireTask(string task);

    /// <summary>Throws if a key exceeds its quota after this transaction's changes.</summary>
    void RequireKey(string? key);

    /// <summary>The key that saved the checkpoint at a step.</summary>
    string? SaverAt(string task, long step);

    /// <summary>The key that saved a checkpoint.</summary>
    string? SaverOf(long checkpoint);

    /// <summary>The keys that saved the visible checkpoints of a task.</summary>
    List<string> SaversOf(string task);
}
