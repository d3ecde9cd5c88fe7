using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about running totals of the store, its bases and tasks.</summary>
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

    /// <summary>The totals of the tasks that store most.</summary>
    List<TotalsRow> Tasks(int most);

    /// <summary>How many visible checkpoints a task has.</summary>
    long CheckpointsOf(Digest @base, long task);

    /// <summary>Does the work, and measures by how much that shrinks what is stored, deleted checkpoints included.</summary>
    (T Result, long Freed) Freed<T>(Func<T> work);

    /// <summary>Bytes of deleted checkpoints that are still there for the sake of others, though their grace is over.</summary>
    long Held();

    /// <summary>The tasks whose running totals are not the sums of their checkpoints.</summary>
    List<string> WrongTasks();
}
