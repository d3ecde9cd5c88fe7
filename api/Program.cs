using FishCheckpoint.Api;
using FishCheckpoint.Errors;

try
{
    await using var server = FishServer.Build(args);
    await server.StartFishAsync();
    await server.WaitForShutdownAsync();
    return 0;
}
catch (FishException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
