using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>Two layers with batch normalization and dropout between them.</summary>
internal sealed class Classifier : nn.Module<Tensor, Tensor>
{
    public const int Inputs = 8;
    public const int Labels = 3;

    private readonly Linear first = nn.Linear(Inputs, 16);
    private readonly BatchNorm1d norm = nn.BatchNorm1d(16);
    private readonly Dropout dropout = nn.Dropout(0.25);
    private readonly Linear second = nn.Linear(16, Labels);

    public Classifier()
        : base(nameof(Classifier)) => RegisterComponents();

    public static Classifier Seeded(long seed)
    {
        manual_seed(seed);
        return new Classifier();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return second.call(dropout.call(norm.call(first.call(input)).relu())).MoveToOuterDisposeScope();
    }
}

/// <summary>An embedding and the output layer that is tied to it, by one parameter object or by two over the same memory.</summary>
internal sealed class TiedNet : nn.Module<Tensor, Tensor>
{
    private readonly Embedding embedding = nn.Embedding(5, 4);
    private readonly Linear output = nn.Linear(4, 5, hasBias: false);

    public TiedNet(bool oneObject)
        : base(nameof(TiedNet))
    {
        output.weight = oneObject ? embedding.weight! : new Parameter(embedding.weight!.detach());
        RegisterComponents();
    }

    public void Tie() => output.weight = embedding.weight!;

    public Parameter Embedding => embedding.weight!;

    public Parameter Output => output.weight!;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return output.call(embedding.call(input)).MoveToOuterDisposeScope();
    }
}

/// <summary>A module that holds what a test gives it.</summary>
internal sealed class Held : nn.Module
{
    public Held(IEnumerable<(string Name, Tensor Value)> parameters, IEnumerable<(string Name, Tensor Value)>? buffers = null)
        : base(nameof(Held))
    {
        foreach (var (name, value) in parameters)
        {
            register_parameter(name, new Parameter(value, requires_grad: value.is_floating_point()));
        }

        foreach (var (name, value) in buffers ?? [])
        {
            register_buffer(name, value);
        }
    }
}
