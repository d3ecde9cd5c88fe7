using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Verifies an item together with related ones, and finds the checkpoints that damage affects.</summary>
internal sealed class ItemCheck(VerifyContext context, bool quick)
{
    /// <summary>
    /// Verifies the items. The result omits items that are gone, and includes others of a prediction chain that was read.
    /// </summary>
    public List<(VerifyItem Item, List<Finding> Findings)> Run(
        ICatalog catalog, IReadOnlyList<VerifyItem> together, CancellationToken cancellationToken)
    {
        var item = together[0];
        using var snapshot = catalog.OpenSnapshot();
        try
        {
            return item.Kind == ItemKind.Values ? Values(snapshot.View, together, cancellationToken)
                : One(snapshot.View, item, cancellationToken);
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return [(item, [new Finding(item.Name, item.Name, $"{Problems.Of(error)} The affected checkpoints are unknown.", [])])];
        }
    }

    private List<(VerifyItem Item, List<Finding> Findings)> One(ICatalogView view, VerifyItem item, CancellationToken cancellationToken) =>
        item.Kind switch
    {
        ItemKind.Database => [(item, new StructureCheck(view, context.Tasks, item).Run(cancellationToken))],
        ItemKind.BaseFile => [(item, BaseFile(view, item, cancellationToken))],
        ItemKind.Mask => view.Masks.FrameOf(item.Id, item.Stamp) is null ? []
            : [(item, Try(item, $"mask {item.Id}", () => MaskItemCheck.Mask(view, item, context, quick, cancellationToken), () =>
                view.Verification.AffectedByMask(item.Id)))],
        ItemKind.SideFile => view.SideFiles.FrameOf(item.Row, item.Id) is not { } frame ? []
            : [(item, Try(
                item, $"side file {item.Id}", () => MaskItemCheck.SideFile(view, item, frame, quick, cancellationToken),
                () => view.Verification.AffectedBySideFile(item.Row)))],
        _ => view.Checkpoints.KeyOf(item.Row) is not { } key ? []
            : [(item, Try(item, $"trainer state of {key}", () => MaskItemCheck.TrainerState(view, item, quick, cancellationToken), () =>
                view.Verification.AffectedByTrainerState(item.Row)))],
    };

    private List<(VerifyItem Item, List<Finding> Findings)> Values(
        ICatalogView view, IReadOnlyList<VerifyItem> together, CancellationToken cancellationToken)
    {
        var known = together.ToDictionary(item => item.Row);
        var results = new List<(VerifyItem, List<Finding>)>();
        foreach (var (row, error) in ValuesCheck.Run(view, context, together[0].Family!, known.Keys, quick, cancellationToken))
        {
            var of = known.GetValueOrDefault(row.Id) ?? ItemOf(row);
            var key = error is null ? "" : view.Checkpoints.KeyOf(of.Row) ?? of.Name;
            results.Add(
                (of, error is null ? [] : [new Finding(of.Name, key, Problems.Of(error), view.Verification.AffectedByCheckpoint(row.Id))]));
        }

        return results;
    }

    // Another checkpoint of a prediction chain that was read as a whole.
    private static VerifyItem ItemOf(CheckpointRow row) => new(
        ItemKind.Values, row.Id, $"checkpoint {row.Id}", $"{row.Created.ToUnixTimeMilliseconds()} {row.Frame} {row.ValueBytes}",
        row.ValueBytes, null);

    private List<Finding> BaseFile(ICatalogView view, VerifyItem item, CancellationToken cancellationToken)
    {
        var (key, name) = ($"base {item.Id}/{item.File}", item.Name);
        try
        {
            var file = context.Tasks.BaseOf(view, item.Id).FileOf(item.File);
            var damage = context.Bases.Check(item.Id, file, quick, context.Read, cancellationToken);
            return damage is null ? [] : [new Finding(name, key, damage.Problem, BaseUsers.Of(view, context, item.Id, file, damage))];
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return [new Finding(name, key, Problems.Of(error), BaseUsers.All(view, item.Id))];
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
