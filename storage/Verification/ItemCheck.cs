using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Verification;

/// <summary>Checks one thing that is stored, and those that are best checked with it, and finds what the damage affects.</summary>
internal sealed class ItemCheck(VerifyMeans means, bool quick)
{
    /// <summary>Checks; what is not there any more is left out of the answer, and what was read with a row of guesses is in it.</summary>
    public List<(VerifyItem Item, List<Finding> Findings)> Run(Database database, IReadOnlyList<VerifyItem> together, CancellationToken cancellation)
    {
        var item = together[0];
        using var snapshot = database.OpenSnapshot();
        try
        {
            return item.Kind == ItemKind.Values ? Values(snapshot.Connection, together, cancellation) : One(snapshot.Connection, item, cancellation);
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return [(item, [new Finding(item.Name, item.Name, $"{Problems.Of(error)} What it affects cannot be told.", [])])];
        }
    }

    private List<(VerifyItem Item, List<Finding> Findings)> One(CatalogConnection connection, VerifyItem item, CancellationToken cancellation) => item.Kind switch
    {
        ItemKind.Database => [(item, new StructureCheck(connection, means.Tasks, item).Run(cancellation))],
        ItemKind.BaseFile => [(item, BaseFile(connection, item, cancellation))],
        ItemKind.Mask => MaskTable.FrameOf(connection, item.Id, item.Stamp) is null ? []
            : [(item, Try(item, $"mask {item.Id}", () => MaskItemCheck.Mask(connection, item, means, quick, cancellation), () => Affected.ByMask(connection, item.Id)))],
        ItemKind.SideFile => SideFileTable.FrameOf(connection, item.Row, item.Id) is not { } frame ? []
            : [(item, Try(
                item, $"side file {item.Id}", () => MaskItemCheck.SideFile(connection, item, frame, quick, cancellation), () => Affected.BySideFile(connection, item.Row)))],
        _ => CheckpointTable.KeyOf(connection, item.Row) is not { } key ? []
            : [(item, Try(item, $"state of {key}", () => MaskItemCheck.State(connection, item, quick, cancellation), () => Affected.ByState(connection, item.Row)))],
    };

    private List<(VerifyItem Item, List<Finding> Findings)> Values(
        CatalogConnection connection, IReadOnlyList<VerifyItem> together, CancellationToken cancellation)
    {
        var known = together.ToDictionary(item => item.Row);
        var results = new List<(VerifyItem, List<Finding>)>();
        foreach (var (row, error) in ValuesCheck.Run(connection, means, together[0].Family!, known.Keys, quick, cancellation))
        {
            var of = known.GetValueOrDefault(row.Id) ?? ItemOf(row);
            var key = error is null ? "" : CheckpointTable.KeyOf(connection, of.Row) ?? of.Name;
            results.Add((of, error is null ? [] : [new Finding(of.Name, key, Problems.Of(error), Affected.ByCheckpoint(connection, row.Id))]));
        }

        return results;
    }

    // Others of a row of guesses, which were read with it.
    private static VerifyItem ItemOf(CheckpointRow row) => new(
        ItemKind.Values, row.Id, $"checkpoint {row.Id}", $"{row.Created.ToUnixTimeMilliseconds()} {row.Frame} {row.ValueBytes}", row.ValueBytes, null);

    private List<Finding> BaseFile(CatalogConnection connection, VerifyItem item, CancellationToken cancellation)
    {
        var (key, name) = ($"base {item.Id}/{item.File}", item.Name);
        try
        {
            var file = means.Bases.Content(connection, item.Id).FileOf(item.File);
            var path = means.Folder.PathOf(item.Id, item.File);
            var damage = quick ? BaseFileCheck.Quick(file, path) : BaseFileCheck.Full(file, path, cancellation, means.Read);
            return damage is null ? [] : [new Finding(name, key, damage.Problem, BaseUsers.Of(connection, means, item.Id, file, damage))];
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return [new Finding(name, key, Problems.Of(error), BaseUsers.All(connection, item.Id))];
        }
    }

    private static List<Finding> Try(VerifyItem item, string key, Action check, Func<IReadOnlyList<AffectedCheckpoint>> affected)
    {
        try
        {
            check();
            return [];
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return [new Finding(item.Name, key, Problems.Of(error), affected())];
        }
    }
}
