using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FishCheckpoint.Samples.TorchSharp;

/// <summary>A small classifier of points on a plane, with batch normalization and dropout.</summary>
internal sealed class Net : nn.Module<Tensor, Tensor>
{
    private readonly Linear first = nn.Linear(2, 256);
    private readonly BatchNorm1d norm = nn.BatchNorm1d(256);
    private readonly Linear hidden = nn.Linear(256, 256);
    private readonly Dropout dropout = nn.Dropout(0.1);
    private readonly Linear last = nn.Linear(256, Points.Labels);

    public Net()
        : base(nameof(Net)) => RegisterComponents();

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var features = norm.call(first.call(input)).relu();
        return last.call(dropout.call(hidden.call(features).relu())).MoveToOuterDisposeScope();
    }
}
