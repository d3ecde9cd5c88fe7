using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>The context of a verification. Created for each round, so that no cached content replaces what is stored.</summary>
internal sealed class VerifyContext(IBaseStore bases)
{
    private readonly Dictionary<long, TaskContext?> contexts = [];

    public IBaseStore Bases => bases;

    /// <summary>Called with the number of bytes of each read of a base's file.</summary>
    public Action<long>? Read { get; set; }

    public TaskCatalog Tasks { get; } = new();

    /// <summary>
    /// A task with its layout; <see langword="null"/> if the row of the task or its base is damaged, which the check of the structure
    /// reports.
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
