using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Prints a report by tensor.</summary>
internal static class TensorTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<TensorReport> tensors)
    {
        var table = Tables.Create(
            "tensor", "?dtype", "?shape", "?>checkpoints", ">changed", ">density", "?>dense", ">positions", ">values", "?>ratio");
        foreach (var tensor in tensors)
        {
            table.Row(
                tensor.Name, tensor.Dtype, TensorInfo.ShapeText(tensor.Shape), Say.Count(tensor.Checkpoints), Say.Count(tensor.Changed),
                Say.Percent(tensor.Density),
                Say.Bytes(tensor.LogicalBytes), Say.Bytes(tensor.Positions), Say.Bytes(tensor.Values), Say.Ratio(tensor.Ratio));
        }

        console.Write(table);
    }
}
