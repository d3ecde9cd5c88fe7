using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Api.Tests.Reports;

public sealed class ReportsApiTests : ApiTest
{
    [Fact]
    public async Task Report_CountsWhatIsStored()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
        var task = await JsonAsync<StorageReport>("/v1/tasks/task/reports/storage");
        Assert.Equal(("task", 2, 2L * Base.ToBytes().Length), (task.Task, task.Checkpoints, task.LogicalBytes));
        Assert.InRange(task.Ratio, 5, 1000);
        var whole = await JsonAsync<StorageReport>("/v1/reports/storage");
        Assert.Equal((null, 2, task.Stored.Total), (whole.Task, whole.Checkpoints, whole.Stored.Total));
        Assert.Equal(Base.ToBytes().Length, whole.Disk?.Bases);
        Assert.Equal("task", whole.Tasks?.Single().Task);
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => GetAsync("/v1/tasks/none/reports/storage"));
    }
}
