using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch.optim;

namespace FishCheckpoint.TorchSharp.Tests.State;

public sealed class TorchScheduleTests
{
    public static TheoryData<string> Names =>
    [
        "lambda", "multiplicative", "step", "multistep", "polynomial", "exponential", "constant", "linear", "sequential", "cosine",
        "plateau", "cyclic", "onecycle",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task SaveLoad_AnywhereOnTheWay_GoesOnWithTheSameRates(string name)
    {
        for (var cut = 0; cut < 20; cut += 3)
        {
            using var net = Classifier.Seeded(1);
            var (optimizer, scheduler) = Make(name, net);
            Advance(optimizer, scheduler, 0, cut);
            var state = new TrainerState();
            new TorchSchedule(scheduler, optimizer).SaveTo(state.Section("schedule"));
            var expected = Advance(optimizer, scheduler, cut, 20);

            var (again, restored) = Make(name, net);
            new TorchSchedule(restored, again).LoadFrom(
                (await TrainerState.ReadAsync(state.OpenRead(), "t", TestContext.Current.CancellationToken)).Section("schedule"));
            Assert.Equal(expected, Advance(again, restored, cut, 20));
            optimizer.Dispose();
            again.Dispose();
        }
    }

    [Fact]
    public void LoadFrom_AnotherKindOfScheduler_IsRefused()
    {
        using var net = Classifier.Seeded(1);
        var (optimizer, step) = Make("step", net);
        var state = new TrainerState();
        new TorchSchedule(step, optimizer).SaveTo(state.Section("schedule"));
        var (other, plateau) = Make("plateau", net);
        Assert.Equal(
            ErrorCode.StateMismatch,
            Assert.Throws<FishException>(() => new TorchSchedule(plateau, other).LoadFrom(state.Section("schedule"))).Code);
        optimizer.Dispose();
        other.Dispose();
    }

    private static double[] Advance(Optimizer optimizer, lr_scheduler.LRScheduler scheduler, int from, int to)
    {
        var rates = new List<double>();
        for (var step = from; step < to; step++)
        {
            if (scheduler is lr_scheduler.impl.ReduceLROnPlateau)
            {
                scheduler.step(Math.Max(3 - step, 1.0));
            }
            else
            {
                scheduler.step();
            }

            rates.Add(optimizer.ParamGroups.Single().LearningRate);
            rates.AddRange(scheduler.get_last_lr());
            rates.Add(optimizer is IMomentum momentum ? momentum.Momentum : 0);
        }

        return [.. rates];
    }

    private static (Optimizer Optimizer, lr_scheduler.LRScheduler Scheduler) Make(string name, torch.nn.Module net)
    {
        var optimizer = SGD(net.parameters(), 0.1, momentum: 0.9);
        return (optimizer, name switch
        {
            "lambda" => lr_scheduler.LambdaLR(optimizer, epoch => 1.0 / (1 + epoch)),
            "multiplicative" => lr_scheduler.MultiplicativeLR(optimizer, epoch => 0.9),
            "step" => lr_scheduler.StepLR(optimizer, 4, 0.3),
            "multistep" => lr_scheduler.MultiStepLR(optimizer, [3, 7, 8], 0.3),
            "polynomial" => lr_scheduler.PolynomialLR(optimizer, 15, 2),
            "exponential" => lr_scheduler.ExponentialLR(optimizer, 0.97),
            "constant" => lr_scheduler.ConstantLR(optimizer, 0.3, 5),
            "linear" => lr_scheduler.LinearLR(optimizer, 0.3, 1, 9),
            "sequential" => lr_scheduler.SequentialLR(
                optimizer, [lr_scheduler.LinearLR(optimizer, 0.3, 1, 5), lr_scheduler.ExponentialLR(optimizer, 0.9)], [6]),
            "cosine" => lr_scheduler.CosineAnnealingLR(optimizer, 13),
            "plateau" => lr_scheduler.ReduceLROnPlateau(optimizer, patience: 2, cooldown: 1),
            "cyclic" => lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up: 5),
            _ => lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps: 30),
        });
    }
}
