using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// What checking takes. Made for a round, so that what an earlier one, or the store, has in memory does not stand for what is stored now.
/// </summary>
internal sealed class VerifyContext(IBaseStore bases)
{
    private readonly Dictionary<long, TaskContext?> contexts = [];

    public IBaseStore Bases => bases;

    /// <summary>Called with the bytes of a base's file as they are read.</summary>
    public Action<long>? Read { get; set; }

    public TaskCatalog Tasks { get; } = new();

    /// <summary>
    /// A task with its layout; <see langword="null"/> where its row or its base's is damaged, which the structure's check tells.
    /// </summary>
    public TaskContext? ContextOf(ICatalogView view, long task)
    {
        if (!contexts.TryGetValue(task, out var context))
        {
            try
            {
                context = view.Tasks.NameOf(task) is { } name ? Tasks.Context(view, name) : null;
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
