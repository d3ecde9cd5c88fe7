using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Verification;

/// <summary>What checking takes. Made for a round, so that what an earlier one, or the store, has in memory does not stand for what is stored now.</summary>
internal sealed class VerifyMeans(BaseFolder folder)
{
    private readonly Dictionary<long, TaskContext?> contexts = [];

    public BaseFolder Folder => folder;

    /// <summary>Called with the bytes of a base's file as they are read.</summary>
    public Action<long>? Read { get; set; }

    public BaseTable Bases { get; } = new();

    public TaskTable Tasks => field ??= new TaskTable(Bases);

    /// <summary>A task with its layout; <see langword="null"/> where its row or its base's is damaged, which the structure's check tells.</summary>
    public TaskContext? ContextOf(CatalogConnection connection, long task)
    {
        if (!contexts.TryGetValue(task, out var context))
        {
            try
            {
                context = TaskRows.NameOf(connection, task) is { } name ? Tasks.Context(connection, name) : null;
            }
            catch (Exception error) when (Problems.IsDamage(error))
            {
                context = null;
            }

            contexts.Add(task, context);
        }

        return context;
    }
}
