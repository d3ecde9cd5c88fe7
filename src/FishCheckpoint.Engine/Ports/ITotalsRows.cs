using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads running totals of the store, its bases and tasks.</summary>
internal interface ITotalsRows
{
    /// <summary>The totals of a task.</summary>
    TotalsRow? OfTask(string task);

    /// <summary>The totals of a base.</summary>
    TotalsRow OfBase(Digest id);

    /// <summary>The totals of the store.</summary>
    TotalsRow OfStore();

    /// <summary>The totals of some bases.</summary>
    List<TotalsRow> Bases(int most);

    /// <summary>The totals of the tasks that store the most.</summary>
    List<TotalsRow> Tasks(int most);

    /// <summary>The number of visible checkpoints of a task.</summary>
    long CheckpointsOf(Digest @base, long task);

    /// <summary>Runs work and measures how much it shrinks the stored bytes, deleted checkpoints included.</summary>
    (T Result, long Freed) Freed<T>(Func<T> work);

    /// <summary>Bytes of tombstones.</summary>
    long TombstoneBytes();

    /// <summary>The tasks whose running totals differ from the sums over their checkpoints.</summary>
    List<string> WrongTasks();
}
