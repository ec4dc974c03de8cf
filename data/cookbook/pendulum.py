import math

def period(length, amplitude, gravity=9.81):
    """Seconds; length in m, amplitude in rad. By the arithmetic-geometric mean of 1 and cos(amplitude / 2)."""
    a, b = 1.0, math.cos(amplitude / 2)
    for _ in range(6):
        a, b = (a + b) / 2, math.sqrt(a * b)
    return 2 * math.pi * math.sqrt(length / gravity) / a

with open("pendulum.csv", "w") as file:
    print("length,amplitude,period", file=file)
    for i in range(10):
        for j in range(12):
            length, amplitude = 0.2 + 0.2 * i, 0.2 + 0.24 * j
            print(f"{length:.2f},{amplitude:.2f},{period(length, amplitude):.4f}", file=file)
