using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>Applies the retention of tasks.</summary>
internal sealed class RetentionEvaluator(TaskCatalog tasks, EngineOptions options)
{
    /// <summary>The tasks with checkpoints and rules, their own or the store's.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="task">One task; <see langword="null"/> for all.</param>
    public IReadOnlyList<(TaskContext Task, Retention Rules)> Tasks(ICatalogView view, string? task)
    {
        if (task is not null && view.Tasks.IsDeleted(task))
        {
            return [];
        }

        var names = task is null ? view.Tasks.NamesWithCheckpoints() : [task];
        var found = new List<(TaskContext, Retention)>();
        foreach (var name in names)
        {
            var context = tasks.Context(view, name);
            if (RulesOf(context) is { HasRules: true } rules)
            {
                found.Add((context, rules));
            }
        }

        return found;
    }

    /// <summary>The steps of a task that no rule keeps, ascending.</summary>
    /// <remarks>The parent of the latest checkpoint is kept: a trainer whose mask changes bases its next saves on it.</remarks>
    public IReadOnlyList<long> Removable(ICatalogView view, TaskContext task, Retention rules)
    {
        var candidates = view.Checkpoints.RetentionCandidates(task.Id, rules.Monitor);
        var anchor = view.Checkpoints.ParentStepOfLatest(task.Id);
        return [.. RetentionPlan.Decide(candidates, rules, options.Time.GetUtcNow())
            .Where(decision => decision.KeptBy is null && decision.Step != anchor).Select(decision => decision.Step)];
    }

    /// <summary>The rules of a task. A task that only sets a monitored metric uses the store's rules with that metric.</summary>
    public Retention? RulesOf(TaskContext task) => task.Retention switch
    {
        { HasRules: true } own => own,
        { } own when options.Retention is { } rules => rules with
        {
            Monitor = own.Monitor, Mode = own.Mode, KeepBest = own.Monitor is null ? null : rules.KeepBest,
        },
        _ => options.Retention is { } rules ? rules with { KeepBest = null, Monitor = null } : null,
    };
}
