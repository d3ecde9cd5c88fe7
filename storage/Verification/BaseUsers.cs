using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Verification;

/// <summary>Finds the checkpoints that read something of a base: a task that has replaced or dropped a tensor does not read it.</summary>
internal static class BaseUsers
{
    public static List<AffectedCheckpoint> Of(CatalogConnection connection, VerifyMeans means, Digest id, BaseFile file, BaseDamage damage)
    {
        IReadOnlySet<string>? tensors = file.Header is null ? null
            : damage.Tensors ?? file.Header.Tensors.Select(tensor => tensor.Info.Name).ToHashSet(StringComparer.Ordinal);
        return [.. TaskRows.OnBase(connection, id)
            .Where(task => means.ContextOf(connection, task) is not { } context || tensors is null || Reads(context, tensors))
            .SelectMany(task => Affected.ByTask(connection, task))];
    }

    public static List<AffectedCheckpoint> All(CatalogConnection connection, Digest id) =>
        [.. TaskRows.OnBase(connection, id).SelectMany(task => Affected.ByTask(connection, task))];

    private static bool Reads(TaskContext task, IReadOnlySet<string> tensors) =>
        task.Layout.Sources.Any(source => source >= 0 && tensors.Contains(task.Base.Files.Layout.Tensors[source].Name));
}
