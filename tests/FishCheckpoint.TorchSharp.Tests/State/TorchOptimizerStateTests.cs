using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.State;

public sealed class TorchOptimizerStateTests
{
    public static TheoryData<string> Names =>
        ["sgd", "sgd-momentum", "adam", "adam-amsgrad", "adamw", "adamax", "nadam", "radam", "rmsprop", "adagrad", "adadelta",
        "asgd", "rprop"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task SaveLoad_InTheMiddle_GoesOnBitForBit(string name)
    {
        foreach (var cut in (int[])[0, 1, 5])
        {
            using var net = Classifier.Seeded(2);
            using var model = new TorchModel(net);
            using var first = Make(name, net);
            Train(net, first, 0, cut);
            first.ParamGroups.Single().LearningRate = 0.01;
            var (state, weights) = (new TrainerState(), Loop.Copy(model));
            new TorchOptimizerState(model, first).SaveTo(state.Section("optimizer"));
            Train(net, first, cut, 10);
            var expected = Bits.Of(net);

            // Others have begun to train already: what they hold goes.
            var read = await TrainerState.ReadAsync(state.OpenRead(), "t", TestContext.Current.CancellationToken);
            foreach (var steps in (int[])[0, 2])
            {
                using var second = Make(name, net);
                Train(net, second, 0, steps);
                Loop.Restore(model, weights);
                using (torch.NewDisposeScope())
                {
                    new TorchOptimizerState(model, second).LoadFrom(read.Section("optimizer"));
                }

                Train(net, second, cut, 10);
                Assert.Equal(expected, Bits.Of(net));
            }
        }
    }

    [Fact]
    public void LoadFrom_MomentsOfAnotherDtype_KeepsTheirs()
    {
        using var net = Classifier.Seeded(2);
        using var model = new TorchModel(net);
        using var adam = Make("adam", net);
        Train(net, adam, 0, 3);
        var (state, wide) = (new TrainerState(), new TrainerState());
        new TorchOptimizerState(model, adam).SaveTo(state.Section("optimizer"));
        var (from, to) = (state.Section("optimizer"), wide.Section("optimizer"));
        foreach (var name in from.Names)
        {
            if (from.TypeOf(name) is null)
            {
                to.Set(name, from.Text(name));
                continue;
            }

            var values = from.Floats(name).ToArray().Select(value => value + 1e-12).ToArray();
            to.Set(name, DType.F64, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(values));
        }

        using var again = Make("adam", net);
        new TorchOptimizerState(model, again).LoadFrom(to);
        var back = new TrainerState();
        new TorchOptimizerState(model, again).SaveTo(back.Section("optimizer"));
        Assert.Equal(to.Names, back.Section("optimizer").Names);
        foreach (var name in to.Names.Where(name => to.TypeOf(name) is not null))
        {
            Assert.Equal(to.Bytes(name, DType.F64).ToArray(), back.Section("optimizer").Bytes(name, DType.F64).ToArray());
        }
    }

    [Fact]
    public void Check_OtherGroupsOrParameters_IsRefusedAndChangesNothing()
    {
        using var net = Classifier.Seeded(2);
        using var model = new TorchModel(net);
        var parameters = net.parameters().ToArray();
        SGD.ParamGroup Group(IEnumerable<Parameter> members) =>
            new() { Parameters = [.. members], Options = new SGD.Options { LearningRate = 0.1 } };
        using var whole = torch.optim.SGD([Group(parameters)], 0.1);
        using var split = torch.optim.SGD([Group(parameters[..1]), Group(parameters[1..])], 0.1);
        using var turned = torch.optim.SGD([Group(parameters.Reverse())], 0.1);
        var state = new TrainerState();
        new TorchOptimizerState(model, whole).SaveTo(state.Section("optimizer"));
        foreach (var other in new[] { split, turned })
        {
            other.ParamGroups.First().LearningRate = 0.7;
            Assert.Equal(
                ErrorCode.StateMismatch,
                Assert.Throws<FishException>(() => new TorchOptimizerState(model, other).LoadFrom(state.Section("optimizer"))).Code);
            Assert.Equal(0.7, other.ParamGroups.First().LearningRate);
        }

        new TorchOptimizerState(model, whole).Check(state.Section("optimizer"));
    }

    [Fact]
    public void LoadFrom_AnotherKind_IsRefused()
    {
        using var net = Classifier.Seeded(2);
        using var model = new TorchModel(net);
        using var adam = Make("adam", net);
        using var sgd = Make("sgd", net);
        var state = new TrainerState();
        new TorchOptimizerState(model, adam).SaveTo(state.Section("optimizer"));
        Assert.Equal(
            ErrorCode.StateMismatch,
            Assert.Throws<FishException>(() => new TorchOptimizerState(model, sgd).LoadFrom(state.Section("optimizer"))).Code);
    }

    [Fact]
    public void Constructor_NoStateDictionaryOrOtherParameters_IsRefused()
    {
        using var net = Classifier.Seeded(2);
        using var other = Classifier.Seeded(3);
        using var model = new TorchModel(net);
        using var lbfgs = torch.optim.LBFGS(net.parameters());
        using var foreign = Make("adam", other);
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(() => new TorchOptimizerState(model, lbfgs)).Code);
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(() => new TorchOptimizerState(model, foreign)).Code);
    }

    [Fact]
    public void SaveLoad_ManyTimes_LeavesNoTensors()
    {
        using var net = Classifier.Seeded(2);
        using var model = new TorchModel(net);
        using var optimizer = Make("adam", net);
        Train(net, optimizer, 0, 1);
        TensorCount.AssertStable(50, () =>
        {
            var state = new TrainerState();
            new TorchOptimizerState(model, optimizer).SaveTo(state.Section("optimizer"));
            new TorchOptimizerState(model, optimizer).LoadFrom(state.Section("optimizer"));
        });
    }

    private static void Train(Classifier net, torch.optim.Optimizer optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            Loop.Backward(net, optimizer, step);
            using var loss = optimizer.step();
        }
    }

    private static torch.optim.Optimizer Make(string name, torch.nn.Module net) => name switch
    {
        "sgd" => torch.optim.SGD(net.parameters(), 0.05),
        "sgd-momentum" => torch.optim.SGD(net.parameters(), 0.05, momentum: 0.9, nesterov: true),
        "adam" => torch.optim.Adam(net.parameters()),
        "adam-amsgrad" => torch.optim.Adam(net.parameters(), amsgrad: true),
        "adamw" => torch.optim.AdamW(net.parameters(), weight_decay: 0.1),
        "adamax" => torch.optim.Adamax(net.parameters()),
        "nadam" => torch.optim.NAdam(net.parameters()),
        "radam" => torch.optim.RAdam(net.parameters()),
        "rmsprop" => torch.optim.RMSProp(net.parameters(), momentum: 0.9, centered: true),
        "adagrad" => torch.optim.Adagrad(net.parameters()),
        "adadelta" => torch.optim.Adadelta(net.parameters()),
        "asgd" => torch.optim.ASGD(net.parameters()),
        _ => torch.optim.Rprop(net.parameters()),
    };
}
