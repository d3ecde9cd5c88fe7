
namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads totals per tensor.</summary>
internal interface ITensorRows
{
    /// <summary>The totals of every tensor of a task, in the layout's order.</summary>
    TensorTotals[] Read(long task, int tensors);
}
