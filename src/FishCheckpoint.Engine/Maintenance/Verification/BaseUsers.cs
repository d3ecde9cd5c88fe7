using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Finds the checkpoints that read damaged parts of a base. A task with its own tensor, or without it, does not read the base's.
/// </summary>
internal static class BaseUsers
{
    public static List<AffectedCheckpoint> Of(ICatalogView view, VerifyContext context, Digest id, BaseFile file, BaseDamage damage)
    {
        IReadOnlySet<string>? tensors = file.Header is null ? null
            : damage.Tensors ?? file.Header.Tensors.Select(tensor => tensor.Info.Name).ToHashSet(StringComparer.Ordinal);
        return [.. view.Tasks.OnBase(id)
            .Where(task => context.ContextOf(view, task) is not { } found || tensors is null || Reads(found, tensors))
            .SelectMany(task => view.Verification.AffectedByTask(task))];
    }

    public static List<AffectedCheckpoint> All(ICatalogView view, Digest id) =>
        [.. view.Tasks.OnBase(id).SelectMany(task => view.Verification.AffectedByTask(task))];

    private static bool Reads(TaskContext task, IReadOnlySet<string> tensors) =>
        task.Layout.Sources.Any(source => source >= 0 && tensors.Contains(task.Base.Files.Layout.Tensors[source].Name));
}
